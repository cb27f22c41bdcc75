import { z } from 'zod';
import { invalid } from '../errors.ts';

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

/**
 * The position of a cursor made for `order`, its values checked by `shape`.
 * Throws VALIDATION_FAILED (path `cursor`) on anything else: a cursor is input like any other.
 */
export function decodeCursor<T extends readonly string[]>(cursor: string, order: string, shape: z.ZodType<T>): T {
  const decoded = position.safeParse(parseJson(Buffer.from(cursor, 'base64url').toString()));
  if (!decoded.success) throw invalid('cursor', 'is not a cursor of this list');
  const [madeFor, values] = decoded.data;
  if (madeFor !== order) throw invalid('cursor', 'was made for another order of this list');
  const checked = shape.safeParse(values);
  if (!checked.success) throw invalid('cursor', 'is not a cursor of this list');
  return checked.data;
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
