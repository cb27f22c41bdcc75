import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';

import type { Database } from './database.ts';
import { testDatabase } from './testing.ts';
import { instantText } from './wire.ts';

let database: Database;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test('an instant of any precision is returned as ISO 8601 with three decimals', () => {
  expect(instantText('2026-11-22 08:30:00+00')).toBe('2026-11-22T08:30:00.000Z');
  expect(instantText('2026-11-22 08:30:00.1+00')).toBe('2026-11-22T08:30:00.100Z');
  expect(instantText('2026-11-22 08:30:00.12+00')).toBe('2026-11-22T08:30:00.120Z');
  expect(instantText('2026-11-22 08:30:00.123+00')).toBe('2026-11-22T08:30:00.123Z');
  expect(instantText('2026-11-22 08:30:00.1239+00')).toBe('2026-11-22T08:30:00.123Z');
  expect(instantText('2026-11-22 08:30:00.123456+00')).toBe('2026-11-22T08:30:00.123Z');
});

test('instants outside the range of our own data are read correctly', () => {
  expect(instantText('2026-11-22 14:00:00+05:30')).toBe('2026-11-22T08:30:00.000Z');
  expect(instantText('10000-01-01 00:00:00+00')).toBe('+010000-01-01T00:00:00.000Z');
  expect(instantText('0044-03-15 10:00:00+00 BC')).toBe('-000043-03-15T10:00:00.000Z');
  expect(instantText('infinity')).toBe('infinity');
});

test('every JavaScript instant round-trips through the database', async () => {
  const instants = fc.array(
    fc
      .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
      .map((date) => date.toISOString()),
    { minLength: 1, maxLength: 200 },
  );
  await fc.assert(
    fc.asyncProperty(instants, async (texts) => {
      const rows = await database.query<{ at: string; short: string }>(
        {
          text: 'SELECT t AS at, t::timestamptz(3) AS short FROM unnest($1::timestamptz[]) WITH ORDINALITY AS u(t, n) ORDER BY n',
        },
        [texts],
      );
      expect(rows.map(({ at }) => at)).toEqual(texts);
      expect(rows.map(({ short }) => short)).toEqual(texts);
    }),
    { numRuns: 50 },
  );
});

test('every type has a wire format', async () => {
  const rows = await database.query(
    {
      text: `SELECT date '2026-02-28' AS day, time '09:05:00' AS clock, timestamp '2026-02-28 09:05:00' AS wall,
                    9007199254740991::int8 AS big, 12.50::numeric AS decimal, 0.1::float8 AS float, true AS yes, NULL::timestamptz AS nothing,
                    '{"a":[1,null]}'::jsonb AS json, '018f0000-0000-7000-8000-000000000001'::uuid AS id, '\\x00ff'::bytea AS bytes,
                    'in_progress'::task_status AS status, ARRAY['a','b c'] AS words, ARRAY[1,2]::int8[] AS bigs,
                    ARRAY['2026-02-28 09:05:00.5+00'::timestamptz, NULL] AS instants`,
    },
    [],
  );
  expect(rows).toEqual([
    {
      day: '2026-02-28',
      clock: '09:05:00',
      wall: '2026-02-28 09:05:00',
      big: 9007199254740991,
      decimal: 12.5,
      float: 0.1,
      yes: true,
      nothing: null,
      json: { a: [1, null] },
      id: '018f0000-0000-7000-8000-000000000001',
      bytes: Buffer.from([0, 255]),
      status: 'in_progress',
      words: ['a', 'b c'],
      bigs: [1, 2],
      instants: ['2026-02-28T09:05:00.500Z', null],
    },
  ]);
});

test('Prisma reads the same instant, unaffected by our parsers', async () => {
  const [row] = await database.prisma.$queryRaw<{ at: Date }[]>`SELECT '2026-11-22 08:30:00.123+00'::timestamptz AS at`;
  expect(row?.at.toISOString()).toBe('2026-11-22T08:30:00.123Z');
});
