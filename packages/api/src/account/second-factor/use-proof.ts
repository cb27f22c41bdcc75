import { type RunQuery, sql, types } from '@alice/db';
import type { Context } from '../../context.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { hashOfPass, type Pass } from './sealed-pass.ts';

/** A verified factor. Single use. */
export interface Proof {
  readonly userId: string;
  /** Challenge tokens that are consumed with it. */
  readonly passes: readonly Pass[];
  /** Consumes it with a compare-and-swap; false if it was already used. */
  use(query: RunQuery): Promise<boolean>;
}

/** $1 hash, $2 expiry of the token. */
const spend = sql({
  name: 'secondFactor.usePass',
  returns: { hash: types.bytes },
  text: 'INSERT INTO used_challenges (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING hash',
});

class UsedBefore extends Error {}

/** Consumes a verified factor and runs what it authorizes, in one transaction. Null if it was already used. */
export async function useProof<Result>(
  { deps }: Context,
  proof: Proof,
  allow: (query: RunQuery) => Promise<Result>,
): Promise<Result | null> {
  try {
    return await deps.db.transaction(async ({ query }) => {
      await lockPerson(proof.userId, query);
      for (const pass of proof.passes) {
        const spent = await query(spend, [hashOfPass(pass), new Date(pass.expires).toISOString()]);
        if (spent.length === 0) throw new UsedBefore();
      }
      if (!(await proof.use(query))) throw new UsedBefore();
      return await allow(query);
    });
  } catch (error) {
    if (error instanceof UsedBefore) return null;
    throw error;
  }
}

/** Whether a challenge token was already used. */
export async function isUsed({ deps }: Context, pass: Pass): Promise<boolean> {
  return (await deps.db.prisma.usedChallenge.count({ where: { hash: Uint8Array.from(hashOfPass(pass)) } })) > 0;
}
