import { migrationStatus, schemaDrift } from '../migrations/index.ts';
import { type Command, readArguments, withDatabase } from './command.ts';

export const statusCommand: Command = {
  usage: 'db:status',
  async run(context, args) {
    readArguments(this.usage, args, { options: {} });
    const { say } = context;
    await withDatabase(context, async (database) => {
      const { applied, pending, problem } = await migrationStatus({ database });
      for (const { name, finishedAt } of applied) say(`applied  ${name}  ${finishedAt ?? 'failed halfway'}`);
      for (const name of pending) say(`pending  ${name}`);
      if (problem !== null) throw new Error(problem);
      if (pending.length > 0) return;
      const drift = await schemaDrift({ database });
      say(
        drift === ''
          ? 'the database agrees with prisma/schema.prisma'
          : `prisma/schema.prisma asks for more, write a migration:\n${drift}`,
      );
    });
  },
};
