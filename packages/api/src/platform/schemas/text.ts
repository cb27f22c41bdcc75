import { z } from 'zod';

/** The number of Unicode code points, as PostgreSQL's `char_length` counts them. */
export function codePoints(value: string): number {
  let count = 0;
  for (const _ of value) count += 1;
  return count;
}

/**
 * Text that PostgreSQL stores and returns unchanged: no NUL, no unpaired surrogates. Lengths are in code points.
 * Nothing is trimmed or normalised: accepted text is returned exactly.
 */
export function text(min: number, max: number) {
  return (
    z
      .string()
      .refine(
        (value) => value.isWellFormed() && !value.includes('\u0000'),
        'must not contain NUL or an unpaired surrogate',
      )
      // A code point has one or two UTF-16 units, so most lengths are checked without counting, however long the text
      // is.
      .refine((value) => value.length <= max || (value.length <= 2 * max && codePoints(value) <= max), {
        error: `must be at most ${max} characters long`,
        abort: true,
      })
      .refine((value) => value.length >= 2 * min || codePoints(value) >= min, {
        error: min === 1 ? 'must not be empty' : `must be at least ${min} characters long`,
        abort: true,
      })
      // JSON Schema counts code points too.
      .meta({ minLength: min, maxLength: max })
  );
}

/** A title: 1 to 500 code points, not only white space. */
export const title = text(1, 500).refine((value) => value.trim() !== '', 'must not be blank');

/** Markdown notes: up to 20,000 code points. */
export const notes = text(0, 20_000).describe('Markdown.');
