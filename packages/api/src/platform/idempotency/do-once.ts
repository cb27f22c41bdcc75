import { type Database, deferTransaction, type RunQuery, sql, types } from '@alice/db';
import { DomainError, type ErrorCode, type ErrorDetails, type FieldError } from '../../errors/domain-error.ts';
import type { Sealer } from '../crypto/seal.ts';
import type { Clock } from '../runtime/clock.ts';
import type { RunBefore } from './before-transaction.ts';
import { hashRequest } from './request-hash.ts';

/** How long a response is stored for its idempotency key. */
export const keptHours = 24;
const retryAfterSeconds = 1;

/** The caller, and the request with the key. */
export interface KeyedContext {
  readonly deps: {
    readonly db: Database;
    readonly clock: Clock;
    readonly sealer: Sealer;
    /** Idempotency keys (`<user> <key>`) of mutations that are running in this process. */
    readonly runningKeys: Set<string>;
  };
  readonly request: {
    readonly id: string;
    /** Set to the time of the first response. */
    readonly reply: { givenAt: string | null };
  };
  readonly user: { readonly id: string };
}

export interface KeyedRequest {
  readonly key: string;
  readonly procedure: string;
  readonly input: unknown;
  /** The response contains a secret: it is encrypted when it is stored. */
  readonly isSecret?: boolean;
}

/** A stored response: the result or the error. */
type KeptReply = { readonly at: string } & (
  | { readonly data: unknown }
  | {
      readonly requestId: string;
      readonly error: {
        readonly code: ErrorCode;
        readonly message: string;
        readonly errors: readonly FieldError[];
        readonly details?: ErrorDetails | undefined;
      };
    }
);

/** $1 user, $2 key, $3 the oldest valid date. The lock ends with the transaction. */
const claim = sql({
  name: 'changes.claimKey',
  returns: { isFree: types.boolean, requestHash: types.orNull(types.bytes), reply: types.orNull(types.text) },
  text: `
    SELECT pg_try_advisory_xact_lock(hashtextextended($1::text || ' ' || $2, 0)) AS "isFree", k.request_hash AS "requestHash",
           k.reply
      FROM (SELECT) one LEFT JOIN idempotency_keys k ON k.user_id = $1::uuid AND k.key = $2 AND k.created_at > $3`,
});

const find = sql({
  name: 'changes.findKey',
  returns: { requestHash: types.bytes, reply: types.text },
  text: `
    SELECT request_hash AS "requestHash", reply FROM idempotency_keys
     WHERE user_id = $1 AND key = $2 AND created_at > $3`,
});

/** $1 user, $2 key, $3 the oldest valid date, $4 request hash, $5 response, $6 now. */
const keep = sql({
  name: 'changes.keepReply',
  returns: { key: types.text },
  text: `
    INSERT INTO idempotency_keys AS k (user_id, key, request_hash, reply, created_at) VALUES ($1, $2, $4, $5, $6)
    ON CONFLICT (user_id, key) DO UPDATE
       SET request_hash = excluded.request_hash, reply = excluded.reply, created_at = excluded.created_at
     WHERE k.created_at <= $3
    RETURNING key`,
});

interface KeptRow {
  readonly requestHash: Buffer;
  readonly reply: string;
}

/** Errors that the same request would get again. Other errors are temporary, or happen before anything was done. */
const lasting: ReadonlySet<ErrorCode> = new Set(['NOT_FOUND', 'CONFLICT', 'STALE_VERSION', 'CANNOT_UNDO']);

/** Ends a call that is answered with a stored response. */
class StoredResponse extends Error {}

/**
 * Runs a mutation once for its idempotency key (draft-ietf-httpapi-idempotency-key-header): the effect and the response
 * commit together, and a retry gets the stored response for 24 hours. Unexpected and temporary errors are not stored.
 * `run` gets a database that is one transaction from its first statement on; slow work goes through `runBefore` first.
 * Throws IDEMPOTENCY_KEY_IN_USE while the first request is running, IDEMPOTENCY_KEY_REUSED for a different request, and
 * what `run` throws.
 */
export async function doOnce(ctx: KeyedContext, request: KeyedRequest, run: Run): Promise<unknown> {
  const { deps, user } = ctx;
  const running = `${user.id} ${request.key}`;
  if (deps.runningKeys.has(running)) throw inUse();
  deps.runningKeys.add(running);
  try {
    const hash = hashRequest(deps.sealer, request.procedure, request.input);
    const now = deps.clock.now();
    const oldest = new Date(now.getTime() - keptHours * 3_600_000).toISOString();
    const { isSecret = false } = request;
    const once: Once = { ctx, key: request.key, isSecret, hash, at: now.toISOString(), oldest };
    return await runOrRepeat(once, run);
  } finally {
    deps.runningKeys.delete(running);
  }
}

type Run = (db: Database, runBefore: RunBefore) => Promise<unknown>;

interface Once {
  readonly ctx: KeyedContext;
  readonly key: string;
  readonly isSecret: boolean;
  readonly hash: Buffer;
  readonly at: string;
  readonly oldest: string;
}

async function runOrRepeat(once: Once, run: Run): Promise<unknown> {
  const { ctx, key, at, oldest } = once;
  const { db } = ctx.deps;
  let stored: KeptRow | undefined;
  const keyed = deferTransaction(db, async (tx) => {
    stored = await claimKey(once, tx.query);
    if (stored !== undefined) throw new StoredResponse();
  });
  const findStored = async () => (await db.query<KeptRow>(find, [ctx.user.id, key, oldest])).at(0);
  const runBefore: RunBefore = async (work) => {
    if (keyed.hasBegun) throw new Error('the transaction has already begun: do slow work before its first statement');
    stored ??= await findStored();
    if (stored !== undefined) throw new StoredResponse();
    return work(db);
  };

  try {
    const data = await run(keyed.database, runBefore);
    // Even if the operation has caught the error.
    if (stored !== undefined) throw new StoredResponse();
    await keyed.commit(async (tx) => {
      if (!(await keepReply(once, tx.query, { at, data }))) throw new StoredResponse();
    });
    ctx.request.reply.givenAt = at;
    return data;
  } catch (error) {
    await keyed.rollBack(error);
    if (stored === undefined && isNewAndLasting(error)) {
      const { code, message, errors, details } = error;
      const requestId = ctx.request.id;
      await keepReply(once, db.query, { at, requestId, error: { code, message, errors, details } });
    }
    if (error instanceof StoredResponse || isNewAndLasting(error)) stored ??= await findStored();
    if (stored === undefined) throw error;
    return repeat(once, stored);
  }
}

/** The stored response of this key, if there is one. Throws IDEMPOTENCY_KEY_IN_USE while another process uses the key. */
async function claimKey({ ctx, key, oldest }: Once, query: RunQuery): Promise<KeptRow | undefined> {
  const [found] = await query(claim, [ctx.user.id, key, oldest]);
  if (found?.reply != null && found.requestHash != null) return { requestHash: found.requestHash, reply: found.reply };
  if (found?.isFree !== true) throw inUse();
  return undefined;
}

/** False if another process has stored its response first. */
async function keepReply(once: Once, query: RunQuery, reply: KeptReply): Promise<boolean> {
  const { ctx, key, hash, at, oldest } = once;
  const text = JSON.stringify(reply);
  const shown = once.isSecret ? ctx.deps.sealer.seal(text) : text;
  const kept = await query(keep, [ctx.user.id, key, oldest, hash, shown, at]);
  return kept.length === 1;
}

/** Returns the stored response. The guarantee of the cast: `keepReply` wrote it. */
function repeat({ ctx, hash, isSecret }: Once, { requestHash, reply }: KeptRow): unknown {
  if (!requestHash.equals(hash)) throw new DomainError('IDEMPOTENCY_KEY_REUSED');
  const kept = JSON.parse(isSecret ? ctx.deps.sealer.open(reply) : reply) as KeptReply;
  ctx.request.reply.givenAt = kept.at;
  if ('data' in kept) return kept.data;
  const { code, message, errors, details } = kept.error;
  throw new DomainError(code, message, { errors, ...(details ? { details } : {}), requestId: kept.requestId });
}

/** A stored error that is returned again has the id of the first request. */
function isNewAndLasting(error: unknown): error is DomainError {
  return error instanceof DomainError && lasting.has(error.code) && error.requestId === undefined;
}

function inUse(): DomainError {
  return new DomainError('IDEMPOTENCY_KEY_IN_USE', undefined, { retryAfterSeconds });
}
