import { MIGRATIONS_DIR, readDown, readMigrations } from './folder.ts';
import { lockedHistory, pendingMigrations } from './history.ts';
import { lockedTransaction } from './locked-transaction.ts';
import type { MigrateOptions } from './migrate.ts';

/**
 * Undoes the last applied migration with its `down.sql`, in one transaction; gives its name, or null when none is applied.
 * Throws when `expected` is given and another one is the last.
 */
export async function rollbackLast(options: MigrateOptions & { readonly expected?: string }): Promise<string | null> {
  const { database, dir = MIGRATIONS_DIR, log, expected } = options;
  const folder = await readMigrations(dir);
  const name = await lockedTransaction(database, async (tx) => {
    const history = await lockedHistory(tx.query);
    pendingMigrations(folder, history); // throws when the history does not fit the folder
    const last = history.at(-1);
    if (last === undefined) return null;
    if (expected !== undefined && last.name !== expected)
      throw new Error(`the last migration is ${last.name} by now, not ${expected}: nothing was undone`);
    await tx.script(last.name, await readDown(dir, last.name));
    await tx.query({ text: 'DELETE FROM _prisma_migrations WHERE migration_name = $1' }, [last.name]);
    return last.name;
  });
  if (name !== null) log?.info({ migration: name }, 'migration rolled back');
  return name;
}
