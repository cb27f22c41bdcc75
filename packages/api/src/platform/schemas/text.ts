import { z } from 'zod';

/** The number of Unicode code points, which is what PostgreSQL's `char_length` counts. */
export function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

/**
 * Text that PostgreSQL can keep and hand back unchanged: no NUL, no lone surrogates.
 * Lengths are in code points. Nothing is trimmed or normalised: what was accepted comes back exactly.
 */
export function text(min: number, max: number) {
  return (
    z
      .string()
      .refine(
        (value) => value.isWellFormed() && !value.includes('\u0000'),
        'must not hold NUL or half a surrogate pair',
      )
      // A code point is one or two UTF-16 units, so most lengths are judged without counting, however long the text.
      .refine((value) => value.length <= max || (value.length <= 2 * max && codePoints(value) <= max), {
        error: `must be at most ${max} characters long`,
        abort: true,
      })
      .refine((value) => value.length >= 2 * min || codePoints(value) >= min, {
        error: min === 1 ? 'must not be empty' : `must be at least ${min} characters long`,
        abort: true,
      })
      // JSON Schema counts code points, too.
      .meta({ minLength: min, maxLength: max })
  );
}

/** A title: 1 to 500 code points, not only white space. */
export const title = text(1, 500).refine((value) => value.trim() !== '', 'must not be blank');

/** Markdown notes: up to 20,000 code points. */
export const notes = text(0, 20_000).describe('Markdown.');
