import pg from 'pg';

/**
 * The wire form of a row: what goes into a reply unchanged.
 * timestamptz -> `2026-11-22T08:30:00.000Z`; date -> `YYYY-MM-DD`; time -> `HH:MM:SS`; timestamp -> PostgreSQL's own text;
 * int8 and numeric -> number; json -> parsed; bytea -> Buffer; uuid, text, enum -> string.
 */

type Parse = (text: string) => unknown;

const ISO = /^(\d{4,})-(\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d+))?([+-]\d\d(?::\d\d){0,2})( BC)?$/;

/** Years after 9999 or BC, and other time zones: not in our data, but a raw query may select them. */
function unusualInstant(text: string): string {
  const parts = ISO.exec(text);
  if (parts === null) return text; // infinity and -infinity have no other name
  const [, year = '', monthDay = '', clock = '', fraction = '', zone = '', era] = parts;
  const astronomical = era === undefined ? Number(year) : 1 - Number(year);
  const sign = astronomical < 0 ? '-' : '+';
  const digits = String(Math.abs(astronomical)).padStart(6, '0');
  // ECMAScript supports offsets in minutes; seconds occur only in local mean time before 1900.
  const offset = zone.length === 3 ? `${zone}:00` : zone.slice(0, 6);
  const instant = new Date(`${sign}${digits}-${monthDay}T${clock}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`);
  return Number.isNaN(instant.getTime()) ? text : instant.toISOString();
}

/**
 * Converts PostgreSQL's text of a timestamptz in a UTC session to ISO 8601 with exactly three digits of milliseconds
 * (truncated). String slices instead of `Date`, since this runs for every timestamp of every row.
 */
export function instantText(text: string): string {
  // `YYYY-MM-DD HH:MM:SS[.f{1,6}]+00`
  if (text.charCodeAt(10) !== 32 || !text.endsWith('+00')) return unusualInstant(text);
  const head = `${text.slice(0, 10)}T${text.slice(11, 19)}`;
  switch (text.length) {
    case 22:
      return `${head}.000Z`;
    case 26:
      return `${head}${text.slice(19, 23)}Z`;
    case 25:
      return `${head}${text.slice(19, 22)}0Z`;
    case 24:
      return `${head}${text.slice(19, 21)}00Z`;
    default:
      return `${head}${text.slice(19, 23)}Z`;
  }
}

const asIs: Parse = (text) => text;

/** Uses pg's own parser of text[] to split: quoting of elements does not matter for these types. */
const TEXT_ARRAY: number = 1009;
const splitArray: (text: string) => (string | null)[] = pg.types.getTypeParser(TEXT_ARRAY, 'text');
const arrayOf =
  (parse: Parse): Parse =>
  (text) =>
    splitArray(text).map((element) => (element === null ? null : parse(element)));

const OWN = new Map<number, Parse>([
  [20, Number], // int8
  [1700, Number], // numeric
  [1082, asIs], // date
  [1083, asIs], // time
  [1114, asIs], // timestamp
  [1186, asIs], // interval
  [1184, instantText], // timestamptz
  [1016, arrayOf(Number)],
  [1231, arrayOf(Number)],
  [1182, arrayOf(asIs)],
  [1183, arrayOf(asIs)],
  [1115, arrayOf(asIs)],
  [1185, arrayOf(instantText)],
]);

/** Passed to each query, so that pg's global parsers (which Prisma uses) stay unchanged. */
export const wireTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    OWN.get(oid) ?? pg.types.getTypeParser(oid, format ?? 'text'),
};
