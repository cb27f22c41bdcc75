import { z } from 'zod';

/** How many items a page holds: 1 to 100, 20 unless told. */
export const limit = z.int().min(1).max(100).default(20);

/** An opaque cursor, as `nextCursor` of the page before gave it. */
export const cursor = z.string().min(1).max(500);

/** A page of `item`; `nextCursor` is null on the last page. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}
