import type { UserContext } from '../../../context.ts';
import { findPasskeys } from './find-passkeys.ts';
import type { PasskeyOut } from './schemas.ts';
import { toPasskey } from './to-passkey.ts';

/** The user's passkeys, newest first. There is only one page. */
export async function listPasskeys({ deps, user }: UserContext): Promise<{ items: PasskeyOut[]; nextCursor: null }> {
  const rows = await findPasskeys(deps.db, user.id);
  return { items: rows.map(toPasskey), nextCursor: null };
}
