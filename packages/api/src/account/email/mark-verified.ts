import type { Rows } from '@alice/db';
import { updateRow } from '../../platform/history/update-rows.ts';
import type { ChangeContext } from '../../platform/history/write-context.ts';
import { users } from '../profile/entity.ts';

/** Marks the email address of a user as verified. */
export async function markVerified(
  ctx: ChangeContext,
  { emailVerifiedAt }: Pick<Rows['users'], 'emailVerifiedAt'>,
): Promise<void> {
  if (emailVerifiedAt !== null) return;
  const set = { emailVerifiedAt: ctx.deps.clock.now().toISOString() };
  await updateRow(ctx, users, { id: ctx.user.id, action: 'verify_email', set });
}
