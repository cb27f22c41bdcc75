import type { RunQuery } from '@alice/db';
import type { Context } from '../../context.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { hashOfPass, type Pass } from './sealed-pass.ts';

/** What a person showed and was found right. It counts once. */
export interface Proof {
  readonly userId: string;
  /** Passes that are used up with it. */
  readonly passes: readonly Pass[];
  /** Uses it up by compare-and-swap; false when somebody else did so first. */
  use(query: RunQuery): Promise<boolean>;
}

/** $1 hash, $2 until when it would have counted. */
const spend = {
  name: 'secondFactor.usePass',
  text: 'INSERT INTO used_challenges (hash, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING hash',
};

class UsedBefore extends Error {}

/** Uses up a proof and does what it allows: both or neither. Null when it was used before. */
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

const findUsed = { name: 'secondFactor.usedPass', text: 'SELECT hash FROM used_challenges WHERE hash = $1' };

/** Whether a pass was used already. */
export async function isUsed({ deps }: Context, pass: Pass): Promise<boolean> {
  return (await deps.db.query(findUsed, [hashOfPass(pass)])).length > 0;
}
