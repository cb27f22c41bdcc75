import type { Rows } from '@alice/db';
import type { ChangeContext } from '../changes/create-row.ts';
import { users } from '../changes/tables.ts';
import { updateRow } from '../changes/update-row.ts';

/** A person has shown that an address is theirs. */
export async function markVerified(
  ctx: ChangeContext,
  { emailVerifiedAt }: Pick<Rows['users'], 'emailVerifiedAt'>,
): Promise<void> {
  if (emailVerifiedAt !== null) return;
  const set = { emailVerifiedAt: ctx.deps.clock.now().toISOString() };
  await updateRow(ctx, users, { id: ctx.user.id, action: 'verify_email', set });
}
