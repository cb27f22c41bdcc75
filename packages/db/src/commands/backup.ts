import { join } from 'node:path';

import { backupDatabase } from '../transfer/backup-database.ts';
import { describeLocation } from '../transfer/location.ts';
import { type Command, readArguments } from './command.ts';

/** `alice-20261122T083000Z.backup`: names sort by time. */
function defaultName(now: Date): string {
  return `alice-${now.toISOString().replace(/[-:]|\.\d+/g, '')}.backup`;
}

export const backupCommand: Command = {
  usage: 'db:backup [file]',
  async run({ settings, say }, args) {
    const { positionals } = readArguments(this.usage, args, { options: {}, positions: 1 });
    const file = positionals[0] ?? join(settings.dataDir, 'backups', defaultName(new Date()));
    say(`database: ${describeLocation(settings.database)}`);
    const bytes = await backupDatabase({ from: settings.database, file, say });
    say(`written: ${file} (${(bytes / 1e6).toFixed(1)} MB). It contains password hashes and mails: keep it secret`);
    say(
      'It does not contain SECRET_KEY. Back that up too, in another place: without it, authenticator apps and queued mails cannot be decrypted',
    );
  },
};
