import type { Rows, RunQuery } from '@alice/db';
import { selectRow } from '../../platform/history/table.ts';
import { users } from '../profile/entity.ts';

/** An account as what guards it must know it. */
export type GuardedAccount = Rows['users'] & { readonly hasSecondFactor: boolean };

const secondFactor = `
  (EXISTS (SELECT FROM totps o WHERE o.user_id = t.id AND o.confirmed_at IS NOT NULL AND o.ended_at IS NULL)
   OR EXISTS (SELECT FROM passkeys p WHERE p.user_id = t.id AND p.ended_at IS NULL)) AS "hasSecondFactor"`;

const findById = {
  name: 'auth.accountById',
  text: `SELECT ${selectRow(users, 't')}, ${secondFactor} FROM users t WHERE t.id = $1 AND t.disabled_at IS NULL`,
};

/** A person's account; undefined where there is none, or it is disabled. */
export async function findAccount(userId: string, query: RunQuery): Promise<GuardedAccount | undefined> {
  const [account] = await query<GuardedAccount>(findById, [userId]);
  return account;
}

const findByEmail = {
  name: 'auth.accountByEmail',
  text: `SELECT ${selectRow(users, 't')}, ${secondFactor} FROM users t WHERE t.email = $1 AND t.disabled_at IS NULL`,
};

/** The account with an address, likewise. */
export async function findAccountOf(email: string, query: RunQuery): Promise<GuardedAccount | undefined> {
  const [account] = await query<GuardedAccount>(findByEmail, [email]);
  return account;
}
