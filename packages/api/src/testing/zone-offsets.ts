/**
 * Noon of every day of two years that every release of the time zone database knows alike: what a later one decides about
 * the future, or corrects by an hour on the day of a change, says nothing of what a name means.
 */
export const noons: readonly number[] = Array.from(
  { length: 730 },
  (_, day) => Date.UTC(2023, 0, 1, 12) + day * 86_400_000,
);

/** How many seconds Intl says that a zone is ahead of UTC at each noon; null where it does not know the zone. */
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
