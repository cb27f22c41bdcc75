import { z } from 'zod';

/** Page size: 1 to 100, 20 by default. */
export const limit = z
  .int()
  .min(1)
  .max(100)
  .default(20)
  .describe('The maximum number of items per page. A page can have fewer items if they are large.');

/**
 * A page ends at this many bytes or characters of notes, even with fewer items than the limit: 100 items with the longest
 * notes would make a response of 8 MB, which would delay all others.
 */
export const fullPageCharacters = 250_000;

/** An opaque cursor: the `nextCursor` of the previous page. */
export const cursor = z.string().min(1).max(500).describe('The `nextCursor` of the previous page.');

/** A page of `item`. `nextCursor` is null on the last page and only there: a short page is not always the last one. */
export function page<T extends z.ZodType>(item: T) {
  const nextCursor = z
    .string()
    .nullable()
    .meta({ description: 'The cursor of the next page; null on the last page.', examples: ['WyJjcmVhdGVkIixbXV0'] });
  return z.object({ items: z.array(item), nextCursor });
}
