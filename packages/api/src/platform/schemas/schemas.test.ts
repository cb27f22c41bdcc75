import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeCursor, encodeCursor } from './keyset.ts';
import { codePoints, text } from './text.ts';
import { calendarDate, timeZone, wallTime } from './time.ts';

const accepts = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success;

describe('text', () => {
  it('accepts text within the limit in code points, and returns it unchanged', () => {
    const schema = text(0, 40);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (value) => {
        const isGood = value.isWellFormed() && !value.includes('\u0000') && [...value].length <= 40;
        const parsed = schema.safeParse(value);
        expect(parsed.success).toBe(isGood);
        if (parsed.success) expect(parsed.data).toBe(value);
        expect(codePoints(value)).toBe([...value].length);
      }),
    );
  });

  it('refuses a text that is much too long without counting its code points', () => {
    let counted = 0;
    const original = String.prototype[Symbol.iterator];
    String.prototype[Symbol.iterator] = function iterate() {
      counted += 1;
      return original.call(this);
    };
    try {
      expect(accepts(text(1, 10), 'x'.repeat(21))).toBe(false);
      expect(counted).toBe(0);
      expect(accepts(text(1, 10), '🙂'.repeat(10))).toBe(true);
      expect(counted).toBe(1);
    } finally {
      String.prototype[Symbol.iterator] = original;
    }
  });
});

describe('calendarDate', () => {
  it('accepts existing calendar dates only', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9998 }),
        fc.integer({ min: 0, max: 13 }),
        fc.integer({ min: 0, max: 32 }),
        (y, m, d) => {
          const value = `${String(y).padStart(4, '0')}-${String(m).padStart(2, '0')}-${String(d).padStart(2, '0')}`;
          const date = new Date(0);
          date.setUTCFullYear(y, m - 1, d);
          const isReal = date.getUTCFullYear() === y && date.getUTCMonth() === m - 1 && date.getUTCDate() === d;
          expect(accepts(calendarDate, value)).toBe(isReal);
        },
      ),
      { numRuns: 2000 },
    );
    for (const value of ['0000-01-01', '9999-01-01', '2026-2-3', '2026-02-03T00:00', '٢٠٢٦-٠١-٠١', '', 20260101]) {
      expect(accepts(calendarDate, value), String(value)).toBe(false);
    }
  });
});

it('wallTime and timeZone accept only values that PostgreSQL reads in the same way', () => {
  for (const good of ['00:00', '23:59']) expect(accepts(wallTime, good)).toBe(true);
  for (const bad of ['24:00', '9:00', '09:60', '09:00:00']) expect(accepts(wallTime, bad)).toBe(false);
  for (const good of ['UTC', 'Europe/Berlin', 'America/Argentina/Ushuaia']) expect(accepts(timeZone, good)).toBe(true);
  for (const bad of ['+02:00', 'Mars/Olympus', '', 'UTC; DROP', '-08']) expect(accepts(timeZone, bad)).toBe(false);
});

describe('cursors', () => {
  const shape = z.tuple([z.string().max(100), z.uuid()]);

  it('round-trip', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.uuid(), (key, id) => {
        expect(decodeCursor(encodeCursor({ order: 'o', values: [key, id] }), 'o', shape)).toEqual([key, id]);
      }),
    );
  });

  it('throw only validation errors', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (cursor) => {
        try {
          decodeCursor(cursor, 'o', shape);
        } catch (error) {
          expect(error).toMatchObject({ code: 'VALIDATION_FAILED', errors: [{ path: 'cursor' }] });
        }
      }),
    );
  });
});
