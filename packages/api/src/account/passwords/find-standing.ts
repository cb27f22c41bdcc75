import type { RunQuery } from '@alice/db';
import type { Deps } from '../../deps.ts';
import type { GuardedAccount } from '../sign-in/find-account.ts';

/** A second factor that is younger may be that of a thief who had the password alone, and would keep the owner out. */
const settledDays = 7;
const dayMs = 86_400_000;

/** What becomes of an account whose address somebody has shown to be theirs, by a link that sets the password anew. */
export interface Standing {
  /** The operator named the address, and no administrator has decided otherwise since. */
  readonly becomesAdmin: boolean;
  /** Whatever else opens the account is surely the owner's: it stays. */
  readonly keepsCredentials: boolean;
}

/** $1 person, $2 since when a factor must have been there. Rows of factors and lines about roles are kept. */
const find = {
  name: 'auth.standing',
  text: `
    SELECT EXISTS (SELECT FROM totps WHERE user_id = $1 AND confirmed_at <= $2)
           OR EXISTS (SELECT FROM passkeys WHERE user_id = $1 AND created_at <= $2) AS "isSettled",
           EXISTS (SELECT FROM activity WHERE user_id = $1 AND entity = 'user' AND action = 'change_role') AS "roleWasChanged"`,
};

interface Found {
  readonly isSettled: boolean;
  readonly roleWasChanged: boolean;
}

/**
 * Judges an account before its password is set anew. Credentials stay only where the address had been shown to be the
 * owner's, where no role is given that a stranger's key would have too, and where the second factor is no newcomer.
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
