import { z } from 'zod';

/** How many items a page holds: 1 to 100, 20 unless told. */
export const limit = z
  .int()
  .min(1)
  .max(100)
  .default(20)
  .describe('How many items a page holds at most; fewer where they are long.');

/**
 * So many bytes or characters of notes fill a page, however few items that is: with the longest notes a page of 100 would
 * be 8 MB, and one such reply would keep all others waiting.
 */
export const fullPageCharacters = 250_000;

/** An opaque cursor, as `nextCursor` of the page before gave it. */
export const cursor = z.string().min(1).max(500).describe('Where the page begins: `nextCursor` of the page before.');

/** A page of `item`; `nextCursor` is null on the last page, and on no other, however few items it holds. */
export function page<T extends z.ZodType>(item: T) {
  const nextCursor = z
    .string()
    .nullable()
    .meta({ description: 'Where the next page begins; null on the last one.', examples: ['WyJjcmVhdGVkIixbXV0'] });
  return z.object({ items: z.array(item), nextCursor });
}
