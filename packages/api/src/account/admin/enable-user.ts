import type { UserContext } from '../../context.ts';
import type { UserInput } from '../profile/schemas.ts';
import { administerAccount } from './administer-account.ts';
import type { AccountStateOut } from './schemas.ts';

/** Enables a user. Sessions that started while the user was being disabled are revoked. */
export async function enableUser(ctx: UserContext, { id }: UserInput): Promise<AccountStateOut> {
  return administerAccount(ctx, id, {
    action: 'enable',
    ownLine: { action: 'enabled_person' },
    set: { disabledAt: null },
    isDone: ({ disabledAt }) => disabledAt === null,
    endsSessions: true,
    mail: { kind: 'account-enabled' },
  });
}
