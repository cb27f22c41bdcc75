import fc from 'fast-check';
import { expect, test } from 'vitest';
import { reviveInstants } from './revive-instants.ts';

const instant = '2026-11-22T09:30:00.000Z';

test('an instant under a key that ends in At becomes a Date, at any depth', () => {
  expect(reviveInstants({ createdAt: instant, items: [{ open: { measuredAt: instant } }] })).toEqual({
    createdAt: new Date(instant),
    items: [{ open: { measuredAt: new Date(instant) } }],
  });
});

test.each([
  ['a title that looks like an instant', { title: instant }],
  ['a key that only contains the letters', { at: instant, Attic: instant, createdat: instant }],
  [
    'another form',
    { createdAt: '2026-11-22T09:30:00Z', updatedAt: '2026-11-22', deletedAt: '2026-11-22T09:30:00.000+0' },
  ],
  ['a day that does not exist', { createdAt: '2026-02-30T09:30:00.000Z', updatedAt: '2026-13-01T09:30:00.000Z' }],
  ['no string', { createdAt: null, updatedAt: 0, deletedAt: [instant] }],
  ['a bare value', instant],
  ['nothing', null],
])('%s is not changed', (_, value) => {
  expect(reviveInstants(structuredClone(value))).toEqual(value);
});

const text = fc.oneof(
  fc.string(),
  fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }).map((date) => date.toISOString()),
  fc.constantFrom(
    '2026-02-30T00:00:00.000Z',
    '2026-11-22T24:00:00.000Z',
    '2026-11-22 09:30:00.000Z',
    '+002026-11-22T09:30:00Z',
  ),
);
const key = fc.oneof(fc.constantFrom('createdAt', 'At', 'at', 'title', 'Atlas'), fc.string());
const { value: json } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    text,
    fc.constantFrom(null, true, 0, -1.5),
    fc.array(tie('value')),
    fc.dictionary(key, tie('value')),
  ),
}));

test('exactly the strings with a matching key and format become Dates; the structure is otherwise unchanged', () => {
  fc.assert(
    fc.property(json, (value) => {
      const wire = JSON.stringify(value);
      const revived = reviveInstants(JSON.parse(wire));
      // What became a Date goes back to the same string, so the wire form is the same.
      expect(JSON.stringify(revived)).toBe(wire);
      compare(JSON.parse(wire), revived, '');
    }),
    { numRuns: 500 },
  );
});

/** An oracle of another make: the form by a pattern, the calendar by its fields. */
function compare(before: unknown, after: unknown, under: string): void {
  if (typeof before === 'string' && under.endsWith('At') && isInstant(before)) {
    expect(after).toEqual(new Date(before));
  } else if (typeof before === 'object' && before !== null) {
    expect(Array.isArray(after)).toBe(Array.isArray(before));
    expect(Object.keys(Object(after))).toEqual(Object.keys(before));
    for (const [name, field] of Object.entries(before)) {
      compare(field, Object(after)[name], Array.isArray(before) ? '' : name);
    }
  } else {
    expect(after).toBe(before);
  }
}

function isInstant(value: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{3}Z$/.exec(value);
  if (match === null) return false;
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match.slice(1).map(Number);
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isDay = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isDay && hour < 24 && minute < 60 && second < 60;
}
