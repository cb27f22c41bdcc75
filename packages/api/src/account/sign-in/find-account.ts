import type { Rows, RunQuery } from '@alice/db';
import { selectRow, users } from '../../platform/history/table.ts';

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

const lock = { name: 'auth.lockPerson', text: 'SELECT FROM change_counters WHERE user_id = $1 FOR UPDATE' };

/**
 * Puts a transaction of several statements in line with the person's other changes: each statement after it sees
 * whatever those committed. Mutations of one statement lock the same row first.
 */
export async function lockPerson(userId: string, query: RunQuery): Promise<void> {
  await query(lock, [userId]);
}
