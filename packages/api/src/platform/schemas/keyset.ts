import { z } from 'zod';
import { invalid } from '../../errors/domain-error.ts';

/** Where a page ended: the sort order, and the last row's values in that order, with the id last. */
export interface Position {
  readonly order: string;
  readonly values: readonly string[];
}

const position = z.tuple([z.string(), z.array(z.string().max(100)).max(4)]);

/** Encodes a position as an opaque cursor. */
export function encodeCursor({ order, values }: Position): string {
  return Buffer.from(JSON.stringify([order, values])).toString('base64url');
}

/** Decodes a cursor; undefined if it is malformed. */
export function readCursor(cursor: string): Position | undefined {
  const decoded = position.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  return decoded.success ? { order: decoded.data[0], values: decoded.data[1] } : undefined;
}

/**
 * The position of a cursor for `order`, validated by `shape`. Throws VALIDATION_FAILED (path `cursor`) for anything
 * else.
 */
export function decodeCursor<T extends readonly string[]>(cursor: string, order: string, shape: z.ZodType<T>): T {
  const decoded = readCursor(cursor);
  if (decoded === undefined) throw invalid('cursor', 'is not a cursor of this list');
  if (decoded.order !== order) throw invalid('cursor', 'belongs to another sort order of this list');
  const checked = shape.safeParse(decoded.values);
  if (!checked.success) throw invalid('cursor', 'is not a cursor of this list');
  return checked.data;
}

export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

/**
 * Builds a page from rows that were read with one more than the limit, which shows whether there are more. `positionOf`
 * the last row is the start of the next page. `found`: the number of rows, if not all were read.
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  toItem: (row: Row) => Item,
  positionOf: (last: Row) => Position,
  found = rows.length,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = found > shown.length && last !== undefined;
  return { items: shown.map(toItem), nextCursor: hasMore ? encodeCursor(positionOf(last)) : null };
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
