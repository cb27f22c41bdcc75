import { type Rows, type RunQuery, rowOf, sql, types } from '@alice/db';
import { selectRowWith } from '../../platform/history/columns.ts';
import { users } from '../profile/entity.ts';

/** User row, plus whether a second factor is enrolled. */
export type GuardedAccount = Rows['users'] & { readonly hasSecondFactor: boolean };

const secondFactor = `
  (EXISTS (SELECT FROM totps o WHERE o.user_id = t.id AND o.confirmed_at IS NOT NULL AND o.ended_at IS NULL)
   OR EXISTS (SELECT FROM passkeys p WHERE p.user_id = t.id AND p.ended_at IS NULL)) AS "hasSecondFactor"`;

const findById = sql({
  name: 'auth.accountById',
  returns: { ...rowOf('users'), hasSecondFactor: types.boolean },
  text: `SELECT ${selectRowWith(users, users.secret, 't')}, ${secondFactor} FROM users t WHERE t.id = $1 AND t.disabled_at IS NULL`,
});

/** The account of a user; undefined if it does not exist or is disabled. */
export async function findAccount(userId: string, query: RunQuery): Promise<GuardedAccount | undefined> {
  const [account] = await query<GuardedAccount>(findById, [userId]);
  return account;
}

const findByEmail = sql({
  name: 'auth.accountByEmail',
  returns: { ...rowOf('users'), hasSecondFactor: types.boolean },
  text: `SELECT ${selectRowWith(users, users.secret, 't')}, ${secondFactor} FROM users t WHERE t.email = $1 AND t.disabled_at IS NULL`,
});

/** The account with an email address; undefined if it does not exist or is disabled. */
export async function findAccountOf(email: string, query: RunQuery): Promise<GuardedAccount | undefined> {
  const [account] = await query<GuardedAccount>(findByEmail, [email]);
  return account;
}
