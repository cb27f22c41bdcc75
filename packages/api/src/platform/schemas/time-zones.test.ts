import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { intlOffsets, noons } from '../../testing/zone-offsets.ts';
import { timeZone } from './time.ts';
import { canonicalTimeZone } from './time-zone-names.ts';

let db: Database;
/** Every name that the database knows, but for copies under other folders and the machine's own zone. */
let known: string[] = [];

beforeAll(async () => {
  db = await testDatabase();
  const rows = await db.query<{ name: string }>({ text: 'SELECT name FROM pg_timezone_names' }, []);
  known = rows
    .map(({ name }) => name)
    .filter((name) => !/^(posix|right)\/|^(localtime|posixrules|Factory)$/.test(name));
});
afterAll(() => db.close());

/** $1 noons in milliseconds, $2 zone. */
const databaseOffsets = {
  text: `
    SELECT extract(epoch FROM (to_timestamp(at / 1000) AT TIME ZONE $2) - (to_timestamp(at / 1000) AT TIME ZONE 'UTC'))::int
           AS seconds
      FROM unnest($1::float8[]) WITH ORDINALITY AS n(at, nth) ORDER BY nth`,
};

async function offsetsOf(zone: string): Promise<number[]> {
  const rows = await db.query<{ seconds: number }>(databaseOffsets, [noons, zone]);
  return rows.map(({ seconds }) => seconds);
}

/** Names that only ICU knows, and those that PostgreSQL takes for abbreviations. */
const ambiguous = (
  'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST CET EET MET WET ' +
  'US/Pacific-New Canada/East-Saskatchewan SystemV/EST5EDT'
).split(' ');

it('every accepted name, and the canonical name stored for it, mean the same to Intl and to the database', {
  timeout: 120_000,
}, async () => {
  const names = new Set([...known, ...Intl.supportedValuesOf('timeZone'), ...ambiguous]);
  const wrong: string[] = [];
  for (const name of names) {
    const canonical = canonicalTimeZone(name);
    if (canonical === null) continue;
    const [asked, kept] = [await offsetsOf(name), await offsetsOf(canonical)].map((offsets) => offsets.join());
    const [intlAsked, intlKept] = [intlOffsets(name), intlOffsets(canonical)].map((offsets) => offsets?.join());
    if (new Set([asked, kept, intlAsked, intlKept]).size > 1) wrong.push(`${name} -> ${canonical}`);
  }
  expect(wrong).toEqual([]);
});

it('every name that both know and interpret in the same way is accepted', { timeout: 120_000 }, async () => {
  const missing: string[] = [];
  for (const name of known) {
    if (canonicalTimeZone(name) !== null) continue;
    const intl = intlOffsets(name)?.join();
    if (intl !== undefined && intl === (await offsetsOf(name)).join()) missing.push(name);
  }
  // A later release of the database may know more: add them to the table once PostgreSQL 15 to 18 all do.
  expect(missing).toEqual([]);
  expect(Intl.supportedValuesOf('timeZone').filter((name) => canonicalTimeZone(name) === null)).toEqual([]);
});

it.each(ambiguous)('%s is refused: others interpret it as another zone, or do not know it', (name) => {
  expect(timeZone.safeParse(name).success).toBe(false);
});

it.each([
  ['Asia/Calcutta', 'Asia/Kolkata'],
  ['europe/berlin', 'Europe/Berlin'],
  ['US/Pacific', 'America/Los_Angeles'],
  ['Europe/Kiev', 'Europe/Kyiv'],
  ['Etc/UTC', 'UTC'],
  ['GMT', 'UTC'],
  ['Etc/GMT+5', 'Etc/GMT+5'],
])('%s is stored as %s', (name, canonical) => {
  expect(timeZone.parse(name)).toBe(canonical);
  expect(timeZone.parse(canonical)).toBe(canonical);
});
