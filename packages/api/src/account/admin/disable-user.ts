import type { UserContext } from '../../context.ts';
import type { UserInput } from '../profile/schemas.ts';
import { administerAccount } from './administer-account.ts';
import type { AccountStateOut } from './schemas.ts';

/** Disables a user: revokes all sessions; API keys do not work until the user is enabled. */
export async function disableUser(ctx: UserContext, { id }: UserInput): Promise<AccountStateOut> {
  return administerAccount(ctx, id, {
    action: 'disable',
    ownLine: { action: 'disabled_person' },
    set: { disabledAt: ctx.deps.clock.now().toISOString() },
    isDone: ({ disabledAt }) => disabledAt !== null,
    endsSessions: true,
    mail: { kind: 'account-disabled' },
  });
}
