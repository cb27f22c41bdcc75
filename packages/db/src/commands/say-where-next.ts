import type { CommandSettings, Location } from '../env.ts';

/** How to use the filled database with the server. */
export function sayWhereNext({ database }: CommandSettings, filled: Location, say: (line: string) => void): void {
  const isTheSettings = JSON.stringify(filled) === JSON.stringify(database);
  if (isTheSettings) say('next: run npm start');
  else if ('url' in filled) say('next: set DATABASE_URL to the target, then run npm start');
  else say(`next: set DATA_DIR=${filled.dataDir} and leave DATABASE_URL and POSTGRES_HOST empty, then run npm start`);
  say('The database does not contain SECRET_KEY: keep the same one (a generated secret is a file in DATA_DIR).');
  say('Without it, authenticator apps and queued mails cannot be decrypted.');
}
