import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { sendNotice } from '../../platform/mail/send-notice.ts';
import { lockAccounts } from '../admin/lock-accounts.ts';
import { users } from '../profile/entity.ts';
import type { UserOut } from '../profile/schemas.ts';
import { toUser } from '../profile/to-user.ts';

/** Cancels a scheduled account deletion. */
export async function cancelDeletion(ctx: UserContext): Promise<UserOut> {
  const { deps, user } = ctx;
  return deps.db.transaction(async ({ query }) => {
    const account = (await lockAccounts(query, [user.id])).get(user.id);
    if (account === undefined) throw notFound('user');
    if (account.deletionDueAt === null) return toUser(account);
    const change = { id: user.id, action: 'cancel_deletion', set: { deletionDueAt: null } };
    const changed = await updateRow({ deps, user, query }, users, change);
    await sendNotice(deps, account, { kind: 'deletion-cancelled' }, query);
    return toUser(changed);
  });
}
