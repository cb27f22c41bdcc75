import type { UserContext } from '../../context.ts';
import type { UserInput } from '../profile/schemas.ts';
import { administerAccount } from './administer-account.ts';
import type { AccountStateOut } from './schemas.ts';

/** Lets a person in again, with a new session: one that began while they were being locked out ends here. */
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
