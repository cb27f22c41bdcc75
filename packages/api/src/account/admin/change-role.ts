import type { UserContext } from '../../context.ts';
import { administerAccount } from './administer-account.ts';
import type { AccountStateOut, ChangeRoleInput } from './schemas.ts';

/** Grants or revokes the administrator role. It takes effect at the user's next call. */
export async function changeRole(ctx: UserContext, { id, role }: ChangeRoleInput): Promise<AccountStateOut> {
  const before = { role: role === 'admin' ? 'user' : 'admin' };
  return administerAccount(ctx, id, {
    action: 'change_role',
    ownLine: { action: 'changed_role', before, after: { role } },
    set: { role },
    isDone: (account) => account.role === role,
    endsSessions: false,
    mail: { kind: 'role-changed', role },
  });
}
