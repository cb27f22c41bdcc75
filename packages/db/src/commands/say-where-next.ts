import type { CommandSettings, Location } from '../env.ts';

/** What to do so that the server uses the database that was just filled. */
export function sayWhereNext({ database }: CommandSettings, filled: Location, say: (line: string) => void): void {
  const isTheSettings = JSON.stringify(filled) === JSON.stringify(database);
  if (isTheSettings) say('next: npm start');
  else if ('url' in filled) say('next: set DATABASE_URL to the target, then npm start');
  else say(`next: set DATA_DIR=${filled.dataDir} and leave DATABASE_URL and POSTGRES_HOST empty, then npm start`);
  say(
    'SECRET_KEY is not in a database: keep the one that was used (made secrets are files in DATA_DIR), or authenticator',
  );
  say('apps and mails that wait cannot be read');
}
