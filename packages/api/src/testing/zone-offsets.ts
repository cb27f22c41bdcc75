/**
 * Noon of every day of two years on which all releases of the time zone database agree. Later releases may change the
 * future, or correct the day of a change by an hour, without changing what a name means.
 */
export const noons: readonly number[] = Array.from(
  { length: 730 },
  (_, day) => Date.UTC(2023, 0, 1, 12) + day * 86_400_000,
);

/** The offset of a zone from UTC in seconds at each noon, as Intl computes it; null if it does not know the zone. */
export function intlOffsets(zone: string): number[] | null {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  } catch {
    return null;
  }
  return noons.map((at) => {
    const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0'] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(name) ?? [];
    return (sign === '-' ? -60 : 60) * (60 * Number(hours) + Number(minutes));
  });
}
