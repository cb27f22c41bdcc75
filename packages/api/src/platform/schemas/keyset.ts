import { z } from 'zod';
import { invalid } from '../../errors/domain-error.ts';

/** Where a page ended: the order that it was read in, and the last row's values in that order, the id last. */
export interface Position {
  readonly order: string;
  readonly values: readonly string[];
}

const position = z.tuple([z.string(), z.array(z.string().max(100)).max(4)]);

/** Packs a position into an opaque cursor. */
export function encodeCursor({ order, values }: Position): string {
  return Buffer.from(JSON.stringify([order, values])).toString('base64url');
}

/** What a cursor holds; undefined where it is none. */
export function readCursor(cursor: string): Position | undefined {
  const decoded = position.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  return decoded.success ? { order: decoded.data[0], values: decoded.data[1] } : undefined;
}

/**
 * The position of a cursor made for `order`, its values checked by `shape`.
 * Throws VALIDATION_FAILED (path `cursor`) on anything else: a cursor is input like any other.
 */
export function decodeCursor<T extends readonly string[]>(cursor: string, order: string, shape: z.ZodType<T>): T {
  const decoded = readCursor(cursor);
  if (decoded === undefined) throw invalid('cursor', 'is not a cursor of this list');
  if (decoded.order !== order) throw invalid('cursor', 'was made for another order of this list');
  const checked = shape.safeParse(decoded.values);
  if (!checked.success) throw invalid('cursor', 'is not a cursor of this list');
  return checked.data;
}

export interface Page<Item> {
  readonly items: Item[];
  readonly nextCursor: string | null;
}

/**
 * The page that rows make which were read one beyond the limit: that one only tells that there are more. `positionOf`
 * the page's last row is where the next one begins. `found`: how many there were, where not all of them were read.
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
