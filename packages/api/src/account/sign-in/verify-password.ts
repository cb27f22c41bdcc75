import { claimed, outer, type Rows, rowOf, sql, types } from '@alice/db';
import type { Context } from '../../context.ts';
import { selectRowWith } from '../../platform/history/columns.ts';
import { canonicalAddress } from '../../platform/rate-limits/network-of.ts';
import { users } from '../profile/entity.ts';

/** The login candidate: the account, if there is one, and whether it has signed in from this network before. */
export interface Claimant {
  /** The address as it was typed: there may be no such account. */
  readonly email: string;
  readonly account: Rows['users'] | null;
  readonly isKnownNetwork: boolean;
}

/** A network is an IPv4 address or an IPv6 /64. An invalid address is in no network. */
const networkOf = (address: string) =>
  `network(set_masklen(${address}, CASE family(${address}) WHEN 4 THEN 32 ELSE 64 END))`;

/**
 * Only this many of the newest sessions are searched for the network, so that the duration reveals little about an
 * account.
 */
const newestSessions = 200;

/**
 * $1 email address, $2 network of the request. Does the same work without an account. Session ids are ordered by time.
 * The limit is a parameter on purpose: with a constant, the planner would sort all sessions instead of following the
 * primary key.
 */
const findByEmail = sql({
  name: 'auth.claimant',
  returns: claimed<ClaimantRow>({ ...outer(rowOf('users')), isKnownNetwork: types.boolean }),
  text: `
    SELECT ${selectRowWith(users, users.secret, 't')},
           EXISTS (SELECT FROM (SELECT s.address FROM sessions s
                                 WHERE s.user_id = coalesce(t.id, '00000000-0000-0000-0000-000000000000')
                                 ORDER BY s.id DESC LIMIT (SELECT ${newestSessions})) n
                    WHERE ${networkOf("split_part(n.address, '%', 1)::inet")} = ${networkOf('$2::inet')}) AS "isKnownNetwork"
      FROM (SELECT) one LEFT JOIN users t ON t.email = $1`,
});

type ClaimantRow = (Rows['users'] | { readonly id: null }) & { readonly isKnownNetwork: boolean };

/** Finds the account of an email address, and whether the network of this request is among its newest sessions. */
export async function findClaimant({ deps, request }: Context, email: string): Promise<Claimant> {
  const address = request.address === null ? null : canonicalAddress(request.address);
  const [found] = await deps.db.query<ClaimantRow>(findByEmail, [email, address]);
  if (found === undefined || found.id === null) return { email, account: null, isKnownNetwork: false };
  const { isKnownNetwork, ...account } = found;
  return { email, account, isKnownNetwork };
}

/**
 * Whether it is the password of an enabled account. Every attempt is counted before it is checked, and refunded if it
 * was right. Does the same work without an account. Throws TOO_MANY_REQUESTS, and BUSY if the queue is full.
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
    // The password was not checked.
    await attempt.giveBack();
    throw error;
  }
  if (!isRight || account === null || account.disabledAt !== null) return false;
  await attempt.giveBack();
  return true;
}
