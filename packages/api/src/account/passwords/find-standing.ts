import { type RunQuery, sql, types } from '@alice/db';
import type { Deps } from '../../deps.ts';
import type { GuardedAccount } from '../sign-in/find-account.ts';

/** A younger second factor may belong to a thief who only knew the password, and would lock the owner out. */
const settledDays = 7;
const dayMs = 86_400_000;

/** The reset policy: what a password reset by mail does to the account. */
export interface Standing {
  /** The operator listed the address as an administrator, and no administrator has changed the role since. */
  readonly becomesAdmin: boolean;
  /** Other credentials certainly belong to the owner: they are kept. */
  readonly keepsCredentials: boolean;
}

/** $1 user, $2 the latest creation date of a trusted factor. Rows of removed factors and entries about roles are kept. */
const find = sql({
  name: 'auth.standing',
  returns: { isSettled: types.boolean, roleWasChanged: types.boolean },
  text: `
    SELECT EXISTS (SELECT FROM totps WHERE user_id = $1 AND confirmed_at <= $2)
           OR EXISTS (SELECT FROM passkeys WHERE user_id = $1 AND created_at <= $2) AS "isSettled",
           EXISTS (SELECT FROM activity WHERE user_id = $1 AND entity = 'user' AND action = 'change_role') AS "roleWasChanged"`,
});

interface Found {
  readonly isSettled: boolean;
  readonly roleWasChanged: boolean;
}

/**
 * Computes the reset policy before a password is reset. Other credentials are kept only if the address was verified
 * before, if no administrator role is granted (which a stranger's key would get too), and if the second factor is old
 * enough.
 */
export async function findStanding(
  { clock, site }: Pick<Deps, 'clock' | 'site'>,
  { id, email, role, emailVerifiedAt, hasSecondFactor }: GuardedAccount,
  query: RunQuery,
): Promise<Standing> {
  const since = new Date(clock.now().getTime() - settledDays * dayMs).toISOString();
  const [found] = await query<Found>(find, [id, since]);
  const becomesAdmin = role !== 'admin' && site.adminEmails.has(email) && found?.roleWasChanged !== true;
  const isOwners = emailVerifiedAt !== null && (!hasSecondFactor || found?.isSettled === true);
  return { becomesAdmin, keepsCredentials: isOwners && !becomesAdmin };
}
