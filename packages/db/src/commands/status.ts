import { migrationStatus, schemaDrift } from '../migrations/index.ts';
import { type Command, readArguments, withDatabase } from './command.ts';

export const statusCommand: Command = {
  usage: 'db:status',
  async run(context, args) {
    readArguments(this.usage, args, { options: {} });
    const { say } = context;
    await withDatabase(context, async (database) => {
      const { applied, pending, problem } = await migrationStatus({ database });
      for (const { name, finishedAt } of applied) say(`applied  ${name}  ${finishedAt ?? 'not finished'}`);
      for (const name of pending) say(`pending  ${name}`);
      if (problem !== null) throw new Error(problem);
      if (pending.length > 0) return;
      const drift = await schemaDrift({ database });
      say(
        drift === ''
          ? 'the database matches prisma/schema.prisma'
          : `the database differs from prisma/schema.prisma, write a migration:\n${drift}`,
      );
    });
  },
};
