import { resolve } from 'node:path';

import type { Location } from '../env.ts';
import { describeLocation, parseLocation } from '../transfer/location.ts';
import { moveDatabase } from '../transfer/move-database.ts';
import { type Command, readArguments, UsageError } from './command.ts';
import { sayWhereNext } from './say-where-next.ts';

export const moveCommand: Command = {
  usage: 'db:move [--from <url | directory>] [--from-pglite <directory>] [--to <url | directory>] [--live]',
  async run({ settings, say }, args) {
    const options = {
      from: { type: 'string' },
      'from-pglite': { type: 'string' },
      to: { type: 'string' },
      live: { type: 'boolean' },
    } as const;
    const { values } = readArguments(this.usage, args, { options });
    const pglite = values['from-pglite'];
    // A missing side is the settings' database, which cannot be both sides.
    const isNamed = values.to !== undefined || values.from !== undefined || pglite !== undefined;
    if (!isNamed || (values.from !== undefined && pglite !== undefined))
      throw new UsageError(`usage: pnpm ${this.usage}`);
    const from = pglite !== undefined ? { pglite: resolve(pglite) } : locationOr(values.from, settings.database);
    const to = locationOr(values.to, settings.database);
    say(`from: ${describeLocation(from)}`);
    say(`to:   ${describeLocation(to)}`);
    await moveDatabase({ from, to, live: values.live === true, say });
    say('moved. The source is unchanged');
    sayWhereNext(settings, to, say);
  },
};

function locationOr(text: string | undefined, standard: Location): Location {
  return text === undefined ? standard : parseLocation(text);
}
