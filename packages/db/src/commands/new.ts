import { createMigration } from '../migrations/index.ts';
import { type Command, readArguments } from './command.ts';

export const newCommand: Command = {
  usage: 'db:migration <name>',
  async run({ say }, args) {
    const { positionals } = readArguments(this.usage, args, { options: {}, positions: 1 });
    const [name] = positionals;
    if (name === undefined)
      throw new Error('the name of the migration is missing, for example: pnpm db:migration add_task_labels');
    const full = await createMigration(name);
    say(`written: prisma/migrations/${full} (review migration.sql and down.sql, then run pnpm db:migrate)`);
  },
};
