import type { UserContext } from '../../context.ts';
import { updateRow } from '../../platform/history/update-rows.ts';
import { users } from './entity.ts';
import type { UpdateUserInput, UserOut } from './schemas.ts';
import { toUser } from './to-user.ts';

/** Updates the given fields. Throws STALE_VERSION. */
export async function updateMe(ctx: UserContext, input: UpdateUserInput): Promise<UserOut> {
  const { expectedVersion, ...set } = input;
  return toUser(await updateRow(ctx, users, { id: ctx.user.id, action: 'update', set, expectedVersion }));
}
