import { MIGRATIONS_DIR, readDown, readMigrations } from './folder.ts';
import { lockedHistory, pendingMigrations } from './history.ts';
import { lockedTransaction } from './locked-transaction.ts';
import type { MigrateOptions } from './migrate.ts';

/**
 * Rolls back the last applied migration with its `down.sql`, in one transaction. Returns its name, or null if none is
 * applied. Throws if `expected` is given and is not the last one.
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
      throw new Error(`the last migration is now ${last.name}, not ${expected}: nothing was rolled back`);
    await tx.script(last.name, await readDown(dir, last.name));
    await tx.query({ text: 'DELETE FROM _prisma_migrations WHERE migration_name = $1' }, [last.name]);
    return last.name;
  });
  if (name !== null) log?.info({ migration: name }, 'migration rolled back');
  return name;
}
