import type { UserContext } from '../../../context.ts';
import { notFound } from '../../../errors/domain-error.ts';
import { condition } from '../../../platform/history/condition.ts';
import { updateRow } from '../../../platform/history/update-rows.ts';
import { passkeys } from './entity.ts';
import type { PasskeyOut, RenamePasskeyInput } from './schemas.ts';
import { toPasskey } from './to-passkey.ts';

const isActive = condition('onlyIf', passkeys, '(p.r).ended_at IS NULL');

/** Renames a passkey. Throws NOT_FOUND, also for a removed one, and STALE_VERSION. */
export async function renamePasskey(ctx: UserContext, input: RenamePasskeyInput): Promise<PasskeyOut> {
  const { id, name, expectedVersion } = input;
  const change = { id, action: 'rename', set: { name }, expectedVersion, onlyIf: isActive };
  const row = await updateRow(ctx, passkeys, change);
  if (row.endedAt !== null) throw notFound('passkey');
  return toPasskey(row);
}
