import { describeLocation, parseLocation } from '../transfer/location.ts';
import { moveDatabase } from '../transfer/move-database.ts';
import { type Command, readArguments, UsageError } from './command.ts';
import { sayWhereNext } from './say-where-next.ts';

export const moveCommand: Command = {
  usage: 'db:move --to <url | directory> [--from <url | directory>] [--live]',
  async run({ settings, say }, args) {
    const options = { from: { type: 'string' }, to: { type: 'string' }, live: { type: 'boolean' } } as const;
    const { values } = readArguments(this.usage, args, { options });
    if (values.to === undefined) throw new UsageError(`usage: pnpm ${this.usage}`);
    const from = values.from === undefined ? settings.database : parseLocation(values.from);
    const to = parseLocation(values.to);
    say(`from: ${describeLocation(from)}`);
    say(`to:   ${describeLocation(to)}`);
    await moveDatabase({ from, to, live: values.live === true, say });
    say('moved. The source is as it was');
    sayWhereNext(settings, to, say);
  },
};
