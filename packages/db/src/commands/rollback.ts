import { migrationStatus, rollbackLast } from '../migrations/index.ts';
import { type Command, readArguments, requireProductionFlag, withDatabase } from './command.ts';
import { linesOf } from './migrate.ts';

export const rollbackCommand: Command = {
  usage: 'db:rollback [--yes] [--production]',
  async run(context, args) {
    const options = { yes: { type: 'boolean' }, production: { type: 'boolean' } } as const;
    const { values } = readArguments(this.usage, args, { options });
    await withDatabase(context, async (database) => {
      const last = (await migrationStatus({ database })).applied.at(-1)?.name;
      if (last === undefined) {
        context.say('nothing to roll back');
        return;
      }
      context.say(`the last migration is ${last}; its down.sql drops what it added, including the data`);
      requireProductionFlag(context.settings, values.production, 'a rollback deletes data of real users');
      if (values.yes !== true && !(await context.confirm(`Roll back ${last}?`))) {
        context.say('nothing was rolled back');
        return;
      }
      await rollbackLast({ database, log: linesOf(context), expected: last });
    });
  },
};
