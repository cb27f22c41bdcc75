import { type RunQuery, sql } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { Context } from '../../../context.ts';
import { hashRecoveryCode, makeRecoveryCode, recoveryCodeCount } from './recovery-codes.ts';

const forget = sql({ name: 'secondFactor.forgetRecoveryCodes', text: 'DELETE FROM recovery_codes WHERE user_id = $1' });

/** $1 user, $2 ids, $3 hashes in hexadecimal, $4 now. */
const insert = sql({
  name: 'secondFactor.addRecoveryCodes',
  text: `
    INSERT INTO recovery_codes (user_id, id, hash, created_at)
    SELECT $1, c.id, decode(c.hash, 'hex'), $4 FROM unnest($2::uuid[], $3::text[]) AS c(id, hash)`,
});

/** Creates ten recovery codes and deletes the earlier ones. They are shown once: only their hashes are stored. */
export async function createRecoveryCodes({ deps }: Context, userId: string, query: RunQuery): Promise<string[]> {
  const codes = Array.from({ length: recoveryCodeCount }, () => makeRecoveryCode(deps.random));
  const hashes = codes.map((code) => hashRecoveryCode(userId, code).toString('hex'));
  await deleteRecoveryCodes(userId, query);
  await query(insert, [userId, codes.map(() => uuidv7()), hashes, deps.clock.now().toISOString()]);
  return codes;
}

/** Without a second factor, recovery codes have no purpose. */
export async function deleteRecoveryCodes(userId: string, query: RunQuery): Promise<void> {
  await query(forget, [userId]);
}
