import type { UserContext } from '../../../context.ts';
import { findPasskeys } from './find-passkeys.ts';
import type { PasskeyOut } from './schemas.ts';
import { toPasskey } from './to-passkey.ts';

/** The person's passkeys, newest first: there are never so many that they need a second page. */
export async function listPasskeys({ deps, user }: UserContext): Promise<{ items: PasskeyOut[]; nextCursor: null }> {
  const rows = await findPasskeys(deps.db.query, user.id);
  return { items: rows.map(toPasskey), nextCursor: null };
}
