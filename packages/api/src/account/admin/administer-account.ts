import type { Rows } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { DomainError, notFound } from '../../errors/domain-error.ts';
import { updateRow } from '../../platform/history/update-row.ts';
import type { Notice } from '../../platform/mail/mails.ts';
import { sendNotice } from '../../platform/mail/send-notice.ts';
import { users } from '../profile/entity.ts';
import { endSessions } from '../sessions/end-sessions.ts';
import { requireLive } from '../sessions/require-live.ts';
import { addOwnLine } from './add-own-line.ts';
import { lockAccounts } from './lock-accounts.ts';
import type { AccountStateOut } from './schemas.ts';

/** Something that administrators do to an account. */
export interface Administration {
  /** Its name in the history of the person. */
  readonly action: string;
  /** Its name in the administrator's own, and what that says of it. */
  readonly ownLine: { readonly action: string; readonly before?: object; readonly after?: object };
  readonly set: Partial<Pick<Rows['users'], 'role' | 'disabledAt'>>;
  /** It is so already: then nothing is to be done. */
  readonly isDone: (account: Rows['users']) => boolean;
  /** Every session that is open ends. */
  readonly endsSessions: boolean;
  readonly mail: Notice;
}

/**
 * Changes somebody else's account, tells them, and writes it into both histories: all of it or none. Both accounts are
 * locked while it is checked that the caller is an administrator, and nobody does it to themselves, so whoever did it last
 * is one still. Throws NOT_FOUND, and FORBIDDEN for one's own account.
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
      throw new DomainError('FORBIDDEN', 'This is for administrators');
    }
    const found = accounts.get(id);
    if (found === undefined) throw notFound('user');
    if (isDone(found)) return found;
    if (id === user.id) throw new DomainError('FORBIDDEN', 'Nobody does that to themselves: ask another administrator');
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

/** No address: the reply may be kept under an idempotency key, and nothing of a person stays when they go. */
function toState({ id, role, disabledAt, version, updatedAt }: Rows['users']): AccountStateOut {
  return { id, role, disabledAt, version, updatedAt };
}
