import { closestMatch } from 'leven';
import type { Settings } from './env.ts';

/** Shorter names are too similar to unrelated variables, such as HOME and HOST. */
const leastLength = 6;

/**
 * Warns about variables whose names are similar to a setting that is not set, without their values. An empty setting is
 * treated as set, since Compose passes missing variables on as empty.
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

/** Wrong case, up to two wrong letters, or a truncated name (`JWT_SECRET`). */
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

/** Warnings about defaults that suit development and are usually a mistake in production. */
export function productionWarnings(
  settings: Pick<Settings, 'appEnv' | 'database' | 'mailUrl' | 'isPublicUrlGiven'>,
): string[] {
  if (settings.appEnv !== 'production') return [];
  return [
    'dataDir' in settings.database
      ? 'DATABASE_URL is not set: the embedded database in DATA_DIR is used, by this process only; back it up'
      : null,
    settings.mailUrl === null ? 'MAIL_URL is not set: mails are not sent, they are written to files in DATA_DIR' : null,
    settings.isPublicUrlGiven ? null : 'PUBLIC_URL is not set: links in mails point to localhost',
  ].filter((warning) => warning !== null);
}
