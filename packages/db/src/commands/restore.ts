import { restoreDatabase } from '../transfer/backup-database.ts';
import { describeLocation, parseLocation } from '../transfer/location.ts';
import { type Command, readArguments, UsageError } from './command.ts';
import { sayWhereNext } from './say-where-next.ts';

export const restoreCommand: Command = {
  usage: 'db:restore <file> [--to <url | directory>]',
  async run({ settings, say }, args) {
    const options = { to: { type: 'string' } } as const;
    const { values, positionals } = readArguments(this.usage, args, { options, positions: 1 });
    const [file] = positionals;
    if (file === undefined) throw new UsageError(`usage: pnpm ${this.usage}`);
    const to = values.to === undefined ? settings.database : parseLocation(values.to);
    say(`to: ${describeLocation(to)}`);
    await restoreDatabase({ file, to, say });
    say('restored');
    sayWhereNext(settings, to, say);
  },
};
