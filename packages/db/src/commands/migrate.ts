import type { DatabaseLog } from '../database.ts';
import { migrate } from '../migrations/index.ts';
import { type Command, type CommandContext, readArguments, withDatabase } from './command.ts';

/** The log of migrations, as lines of the command. */
export function linesOf({ say }: CommandContext): DatabaseLog {
  const line = (fields: object, message: string) => say(`${message}: ${Object.values(fields).join(' ')}`);
  return { debug: () => undefined, info: line, warn: line, error: line };
}

export const migrateCommand: Command = {
  usage: 'db:migrate',
  async run(context, args) {
    readArguments(this.usage, args, { options: {} });
    await withDatabase(context, async (database) => {
      if ((await migrate({ database, log: linesOf(context) })).length === 0) context.say('no pending migrations');
    });
  },
};
