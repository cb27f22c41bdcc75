import type { Rows } from '@alice/db';
import type { Context } from '../../context.ts';
import { selectRow } from '../../platform/history/table.ts';
import { canonicalAddress } from '../../platform/rate-limits/network-of.ts';
import { users } from '../profile/entity.ts';

/** Who tries a password: the account, if there is one, and whether it was signed in from this network before. */
export interface Claimant {
  /** As it was typed: there may be no such account. */
  readonly email: string;
  readonly account: Rows['users'] | null;
  readonly isKnownNetwork: boolean;
}

/** A network is an IPv4 address or the /64 of an IPv6 one. What is no address is in none. */
const networkOf = (address: string) =>
  `network(set_masklen(${address}, CASE family(${address}) WHEN 4 THEN 32 ELSE 64 END))`;

/** Of so many sessions, the newest, the network is looked for: no more, so that the time tells little of an account. */
const newestSessions = 200;

/**
 * $1 address of the account, $2 where the request came from. The same work where there is no account. The ids of sessions
 * are in the order of time. With a limit that the planner knows it reads and sorts all of them where most accounts have few;
 * with one that it cannot know it goes along the primary key.
 */
const findByEmail = {
  name: 'auth.claimant',
  text: `
    SELECT ${selectRow(users, 't')},
           EXISTS (SELECT FROM (SELECT s.address FROM sessions s
                                 WHERE s.user_id = coalesce(t.id, '00000000-0000-0000-0000-000000000000')
                                 ORDER BY s.id DESC LIMIT (SELECT ${newestSessions})) n
                    WHERE ${networkOf("split_part(n.address, '%', 1)::inet")} = ${networkOf('$2::inet')}) AS "isKnownNetwork"
      FROM (SELECT) one LEFT JOIN users t ON t.email = $1`,
};

type ClaimantRow = (Rows['users'] | { readonly id: null }) & { readonly isKnownNetwork: boolean };

/** Looks for the account of an e-mail address, and for the network of this request among its newest sessions. */
export async function findClaimant({ deps, request }: Context, email: string): Promise<Claimant> {
  const address = request.address === null ? null : canonicalAddress(request.address);
  const [found] = await deps.db.query<ClaimantRow>(findByEmail, [email, address]);
  if (found === undefined || found.id === null) return { email, account: null, isKnownNetwork: false };
  const { isKnownNetwork, ...account } = found;
  return { email, account, isKnownNetwork };
}

/**
 * Whether it is the password of an account that may sign in. Every try is counted before it is looked at; the right one is
 * given back. The same work whether or not there is an account. Throws TOO_MANY_REQUESTS, and BUSY when too many wait.
 */
export async function verifyPassword(
  { deps, request }: Context,
  claimant: Claimant,
  password: string,
): Promise<boolean> {
  const { passwords, guesses } = deps;
  const { email, account, isKnownNetwork } = claimant;
  const attempt = await guesses.count({ kind: 'password', address: request.address, account: email, isKnownNetwork });
  let isRight: boolean;
  try {
    isRight =
      account === null
        ? await passwords.verifyNobody(password)
        : await passwords.verify(account.passwordHash, password);
  } catch (error) {
    // It was not looked at.
    await attempt.giveBack();
    throw error;
  }
  if (!isRight || account === null || account.disabledAt !== null) return false;
  await attempt.giveBack();
  return true;
}
