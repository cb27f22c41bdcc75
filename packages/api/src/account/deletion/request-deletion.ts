import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { sendNotice } from '../../platform/mail/send-notice.ts';
import { lockAccounts } from '../admin/lock-accounts.ts';
import { users } from '../profile/entity.ts';
import type { UserOut } from '../profile/schemas.ts';
import { toUser } from '../profile/to-user.ts';

/** The time in which a user can cancel the deletion. */
export const deletionDays = 14;

/** Schedules the deletion of the account. Until then everything works as before. A second request changes nothing. */
export async function requestDeletion(ctx: UserContext): Promise<UserOut> {
  const { deps, user } = ctx;
  return deps.db.transaction(async ({ query }) => {
    const account = (await lockAccounts(query, [user.id])).get(user.id);
    if (account === undefined) throw notFound('user');
    if (account.deletionDueAt !== null) return toUser(account);
    const deletionDueAt = new Date(deps.clock.now().getTime() + deletionDays * 86_400_000).toISOString();
    const change = { id: user.id, action: 'request_deletion', set: { deletionDueAt } };
    const changed = await updateRow({ deps, user, query }, users, change);
    await sendNotice(deps, account, { kind: 'deletion-requested', at: deletionDueAt }, query);
    return toUser(changed);
  });
}
