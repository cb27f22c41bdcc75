import { type RunQuery, sql } from '@alice/db';
import type { Context } from '../../context.ts';
import { insertedColumns, quoted, rowShape, secretColumns, selectRow } from '../../platform/history/columns.ts';
import type { RowOf } from '../../platform/history/entity.ts';
import { toRecord } from '../../platform/history/to-record.ts';
import { users } from './entity.ts';
import type { UserOut } from './schemas.ts';
import { toUser } from './to-user.ts';

export interface NewAccount {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly timeZone: string;
  readonly passwordHash: string;
}

const { names, values } = insertedColumns(users);

/**
 * $1 the row as JSON, $2 now. Change number 1 of a user is the creation of the account; the database then creates the
 * Inbox, with change number 2.
 */
const statement = sql({
  name: 'users.createAccount',
  returns: rowShape(users),
  text: `
    WITH created AS (
      INSERT INTO users (${names})
      SELECT ${values} FROM jsonb_populate_record(NULL::users, $1::jsonb) w RETURNING *
    ), counter AS (
      INSERT INTO change_counters (user_id, number) SELECT id, 1 FROM created
    ), line AS (
      INSERT INTO activity (user_id, number, at, actor_id, entity, entity_id, action, after)
      SELECT id, 1, $2, id, 'user', id, 'create', to_jsonb(created) - ARRAY[${quoted(secretColumns(users))}] FROM created
    )
    SELECT ${selectRow(users, 'created')} FROM created`,
});

/** Inserts a user and their change counter. A taken address violates the constraint `users_email_key`. */
export async function createAccount(ctx: Context, account: NewAccount, query: RunQuery): Promise<UserOut> {
  const now = ctx.deps.clock.now().toISOString();
  const row = {
    ...account,
    role: 'user',
    weekStart: 'monday',
    version: 1,
    createdAt: now,
    updatedAt: now,
    disabledAt: null,
    emailVerifiedAt: null,
    deletionDueAt: null,
    passwordStandsAlone: true,
  };
  const [created] = await query<RowOf<typeof users>>(statement, [toRecord(row), now]);
  if (created === undefined) throw new Error('INSERT … RETURNING gave no row');
  return toUser(created);
}
