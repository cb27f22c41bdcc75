import type { Database } from '@alice/db';
import type { RequestFacts, StartKey, UserContext } from '../context.ts';
import { invalid } from '../errors/domain-error.ts';
import { toDomainError } from '../errors/to-domain-error.ts';
import type { Sealer } from '../platform/crypto/seal.ts';
import type { RunBefore } from '../platform/idempotency/before-transaction.ts';
import { doOnce } from '../platform/idempotency/do-once.ts';
import { hashRequest } from '../platform/idempotency/request-hash.ts';
import type { StepResult } from './trpc-internals.ts';

/** A call as a step of tRPC's knows it. */
export interface MutationCall {
  /** `tasks.create` */
  readonly path: string;
  readonly batchIndex: number;
  readonly getRawInput: () => Promise<unknown>;
}

/**
 * The idempotency key of a call; undefined when the request has none. Throws VALIDATION_FAILED when only others of its
 * calls have one: a transport that counted them wrong must not let one be done twice.
 */
export function keyOf({ idempotencyKeys }: RequestFacts, batchIndex: number): string | undefined {
  const key = idempotencyKeys?.[batchIndex];
  if (key === undefined && idempotencyKeys !== null)
    throw invalid('Idempotency-Key', 'must be as many keys as there are calls');
  return key;
}

/** The key that a sign-in came with, and the hash of what it asked for. */
export async function startKeyOf(request: RequestFacts, sealer: Sealer, call: MutationCall): Promise<StartKey | null> {
  const key = keyOf(request, call.batchIndex);
  return key === undefined ? null : { key, hash: hashRequest(sealer, call.path, await call.getRawInput()) };
}

/** Does a mutation once for its key, and gives its data. `next` runs it on the database of the transaction. */
export async function mutateOnce(
  ctx: UserContext,
  key: string,
  { path, getRawInput }: Pick<MutationCall, 'path' | 'getRawInput'>,
  isSecret: boolean,
  next: (db: Database, runBefore: RunBefore) => Promise<StepResult>,
): Promise<unknown> {
  const request = { key, procedure: path, input: await getRawInput(), isSecret };
  return doOnce(ctx, request, async (db, runBefore) => {
    const result = await next(db, runBefore);
    if (!result.ok) throw toDomainError(result.error);
    return result.data;
  });
}
