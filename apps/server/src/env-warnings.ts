import { closestMatch } from 'leven';
import type { Settings } from './env.ts';

/** Too short to be told apart from what others call theirs, such as HOME and HOST. */
const leastLength = 6;

/**
 * Names in the environment that are near one of our settings, which is not set: one line each, without a value. Empty
 * settings count as set, since Compose passes on what it does not have.
 */
export function misspeltSettings(given: readonly string[], settings: readonly string[]): string[] {
  const missing = settings.filter((name) => !given.includes(name));
  return given
    .filter((name) => !settings.includes(name))
    .flatMap((name) => {
      const meant = settingMeantBy(name, missing);
      return meant === undefined ? [] : [`${name} is not a setting: did you mean ${meant}?`];
    });
}

/** Another case, up to two letters beside it, or a name that was not written to its end (`JWT_SECRET`). */
function settingMeantBy(name: string, settings: readonly string[]): string | undefined {
  const upper = name.toUpperCase();
  if (name.length < leastLength) return undefined;
  return (
    settings.find((setting) => setting === upper) ??
    closestMatch(
      name,
      settings.filter(({ length }) => length >= leastLength),
      { maxDistance: name.length < 9 ? 1 : 2 },
    ) ??
    settings.find((setting) => name.includes('_') && setting.startsWith(`${name}_`))
  );
}

/** What is fine on a developer's machine, and in production mostly forgotten. */
export function productionWarnings(
  settings: Pick<Settings, 'appEnv' | 'database' | 'mailUrl' | 'isPublicUrlGiven'>,
): string[] {
  if (settings.appEnv !== 'production') return [];
  return [
    'dataDir' in settings.database
      ? 'DATABASE_URL is missing: the database is embedded in DATA_DIR, for this one process alone; back it up'
      : null,
    settings.mailUrl === null ? 'MAIL_URL is missing: mails are not sent but written to files in DATA_DIR' : null,
    settings.isPublicUrlGiven ? null : 'PUBLIC_URL is missing: links in mails lead to this machine only',
  ].filter((warning) => warning !== null);
}
