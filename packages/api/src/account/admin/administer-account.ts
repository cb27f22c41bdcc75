import type { Rows } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { DomainError, notFound } from '../../errors/domain-error.ts';
import type { RowOf } from '../../platform/history/entity.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import type { Notice } from '../../platform/mail/mails.ts';
import { sendNotice } from '../../platform/mail/send-notice.ts';
import { users } from '../profile/entity.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { requireLive } from '../sessions/require-live.ts';
import { addOwnLine } from './add-own-line.ts';
import { lockAccounts } from './lock-accounts.ts';
import type { AccountStateOut } from './schemas.ts';

/** An admin action on an account. */
export interface Administration {
  /** The action in the history of the user. */
  readonly action: string;
  /** The action in the administrator's own history, and its details. */
  readonly ownLine: { readonly action: string; readonly before?: object; readonly after?: object };
  readonly set: Partial<Pick<Rows['users'], 'role' | 'disabledAt'>>;
  /** The account is already in that state: nothing to do. */
  readonly isDone: (account: RowOf<typeof users>) => boolean;
  /** Revoke all sessions of the user. */
  readonly endsSessions: boolean;
  readonly mail: Notice;
}

/**
 * Changes another user's account, notifies the user and records the action in both histories, in one transaction. Both
 * accounts are locked while the caller's role is checked, and administrators cannot change themselves, so at least one
 * administrator remains. Throws NOT_FOUND, and FORBIDDEN for the caller's own account.
 */
export async function administerAccount(
  ctx: UserContext,
  id: string,
  administration: Administration,
): Promise<AccountStateOut> {
  const { deps, user } = ctx;
  const { action, ownLine, set, isDone, endsSessions, mail } = administration;
  const account = await deps.db.transaction(async ({ query }) => {
    const accounts = await lockAccounts(query, [user.id, id]);
    await requireLive(user, query);
    const caller = accounts.get(user.id);
    if (caller?.role !== 'admin' || caller.disabledAt !== null) {
      throw new DomainError('FORBIDDEN', 'Administrator role required');
    }
    const found = accounts.get(id);
    if (found === undefined) throw notFound('user');
    if (isDone(found)) return found;
    if (id === user.id)
      throw new DomainError('FORBIDDEN', 'You cannot change your own account here: ask another administrator');
    const theirs = { deps, query, user: { id, sessionId: user.sessionId }, actorId: user.id };
    const changed = await updateRow(theirs, users, { id, action, set });
    if (endsSessions) {
      const which = { userId: id, reason: 'disabled', by: user.sessionId, actorId: user.id } as const;
      await endSessions(deps, which, query);
    }
    await addOwnLine(ctx, query, { userId: id, ...ownLine });
    await sendNotice(deps, found, mail, query);
    return changed;
  });
  deps.changes.announce(id);
  return toState(account);
}

/**
 * Without the email address: the response may be stored for an idempotency key, and no personal data may outlive the
 * account.
 */
function toState({ id, role, disabledAt, version, updatedAt }: RowOf<typeof users>): AccountStateOut {
  return { id, role, disabledAt, version, updatedAt };
}
