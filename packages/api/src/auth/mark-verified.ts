import type { Rows } from '@alice/db';
import type { ChangeContext } from '../changes/create-row.ts';
import { users } from '../changes/tables.ts';
import { updateRow } from '../changes/update-row.ts';

/**
 * A person has shown that an address is theirs. An administrator is whoever shows so of one of the addresses that the
 * operator named.
 */
export async function markVerified(
  ctx: ChangeContext,
  { email, role, emailVerifiedAt }: Pick<Rows['users'], 'email' | 'role' | 'emailVerifiedAt'>,
): Promise<void> {
  const { deps, user } = ctx;
  if (emailVerifiedAt === null) {
    const now = deps.clock.now().toISOString();
    await updateRow(ctx, users, { id: user.id, action: 'verify_email', set: { emailVerifiedAt: now } });
  }
  if (role !== 'admin' && deps.site.adminEmails.has(email)) {
    await updateRow(ctx, users, { id: user.id, action: 'become_admin', set: { role: 'admin' } });
  }
}
