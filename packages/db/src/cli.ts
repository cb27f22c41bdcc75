/** `pnpm db:migration <name>`, `db:migrate`, `db:rollback`, `db:status`. */
import type { Database } from './database.ts';
import { joinDatabase } from './embedded/join.ts';
import { databaseFromEnv, processEnvironment } from './env.ts';
import { createMigration, migrate, migrationStatus, rollbackLast, schemaDrift } from './migrations/index.ts';

const USAGE = 'usage: db new <name> | migrate | rollback | status';

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const log = {
  debug: () => undefined,
  info: (fields: object, message: string) => say(`${message}: ${Object.values(fields).join(' ')}`),
  error: (fields: object, message: string) => say(`${message}: ${Object.values(fields).join(' ')}`),
  warn: (fields: object, message: string) => say(`${message}: ${Object.values(fields).join(' ')}`),
};

async function withDatabase(work: (database: Database) => Promise<void>): Promise<void> {
  await using database = await joinDatabase(databaseFromEnv(processEnvironment()));
  await work(database);
}

async function status(database: Database): Promise<void> {
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
}

async function run([command, name, ...rest]: readonly string[]): Promise<void> {
  if (rest.length > 0) throw new Error(USAGE);
  if (command === 'new') {
    if (name === undefined) throw new Error('a migration needs a name: pnpm db:migration add_task_labels');
    const full = await createMigration(name);
    say(`written: prisma/migrations/${full} (read migration.sql and down.sql, then pnpm db:migrate)`);
    return;
  }
  if (name !== undefined) throw new Error(USAGE);
  switch (command) {
    case 'migrate':
      return withDatabase(async (database) => {
        if ((await migrate({ database, log })).length === 0) say('nothing to apply');
      });
    case 'rollback':
      return withDatabase(async (database) => {
        if ((await rollbackLast({ database, log })) === null) say('nothing to roll back');
      });
    case 'status':
      return withDatabase(status);
    default:
      throw new Error(USAGE);
  }
}

/** One line: the names of settings help, their values (a URL holds a password) do not appear in our errors. */
function explain(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return explain(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`error: ${explain(error)}\n`);
  process.exitCode = 1;
}
