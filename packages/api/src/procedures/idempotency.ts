import type { Database } from '@alice/db';
import type { RequestFacts, StartKey, UserContext } from '../context.ts';
import { invalid } from '../errors/domain-error.ts';
import { toDomainError } from '../errors/to-domain-error.ts';
import type { Sealer } from '../platform/crypto/seal.ts';
import type { RunBefore } from '../platform/idempotency/before-transaction.ts';
import { doOnce } from '../platform/idempotency/do-once.ts';
import { hashRequest } from '../platform/idempotency/request-hash.ts';
import type { StepResult } from './trpc-internals.ts';

/** A call, as a tRPC middleware gets it. */
export interface MutationCall {
  /** `tasks.create` */
  readonly path: string;
  readonly batchIndex: number;
  readonly getRawInput: () => Promise<unknown>;
}

/**
 * The idempotency key of a call; undefined if the request has none. Throws VALIDATION_FAILED if only other calls of the
 * request have one: a transport that counts them wrong must not run a mutation twice.
 */
export function keyOf({ idempotencyKeys }: RequestFacts, batchIndex: number): string | undefined {
  const key = idempotencyKeys?.[batchIndex];
  if (key === undefined && idempotencyKeys !== null)
    throw invalid('Idempotency-Key', 'must have one key for each call');
  return key;
}

/** The idempotency key of a sign-in, and the hash of its request. */
export async function startKeyOf(request: RequestFacts, sealer: Sealer, call: MutationCall): Promise<StartKey | null> {
  const key = keyOf(request, call.batchIndex);
  return key === undefined ? null : { key, hash: hashRequest(sealer, call.path, await call.getRawInput()) };
}

/** Runs a mutation once for its key, and returns its data. `next` runs it with the database of the transaction. */
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
