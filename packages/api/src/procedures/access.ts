import type { Database } from '@alice/db';
import { initTRPC, TRPCError, type TrackedEnvelope, tracked as track } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import { z } from 'zod';
import { hideRefreshToken } from '../account/sessions/refresh-cookie.ts';
import { whileLive } from '../account/sessions/require-live.ts';
import type { RequestContext, RequestFacts } from '../context.ts';
import { DomainError, type ErrorShape, errorKinds, invalid } from '../errors/domain-error.ts';
import { toDomainError } from '../errors/to-domain-error.ts';
import { beforeTransaction, type RunBefore } from '../platform/idempotency/before-transaction.ts';
import { doOnce } from '../platform/idempotency/do-once.ts';
import { hashRequest } from '../platform/idempotency/request-hash.ts';
import { usedUp } from '../platform/rate-limits/call-limiter.ts';
import { networkOf } from '../platform/rate-limits/network-of.ts';
import { runInTurn } from '../platform/rate-limits/run-in-turn.ts';
import type { StepResult } from './create-call.ts';
import type { ProcedureMeta, RestLine, Scope } from './procedure-meta.ts';

/** Plain JSON both ways. That there is a transformer tells the client's types that instants reach it as `Date`. */
const plainJson = { serialize: (value: unknown) => value, deserialize: (value: unknown) => value };

const t = initTRPC
  .context<RequestContext>()
  .meta<ProcedureMeta>()
  .create({
    isDev: false,
    transformer: plainJson,
    // Every transport asks here, and tRPC takes the HTTP status from here too: the one place where errors are mapped.
    errorFormatter({ error, ctx }): ErrorShape {
      const { code, message, errors, details, retryAfterSeconds, requestId } = toDomainError(error);
      const { trpc } = errorKinds[code];
      return {
        code: TRPC_ERROR_CODES_BY_KEY[trpc],
        message,
        data: {
          code,
          httpStatus: getHTTPStatusCodeFromError(new TRPCError({ code: trpc })),
          request_id: requestId ?? ctx?.request.id ?? null,
          errors,
          details: details ?? null,
          retryAfterSeconds: retryAfterSeconds ?? null,
        },
      };
    },
  });

export const { router, createCallerFactory } = t;

/** What the client holds is still right: no failure, and made once, since it is thrown instead of reading anything. */
export const notModified = new TRPCError({ code: 'PRECONDITION_FAILED', message: 'Not modified' });

/**
 * Anyone, within their network's budget. A sign-in may carry an idempotency key: `ctx.start` then says which, and what was
 * asked for. For a page that keeps its session in a cookie, the refresh token of whatever signs in leaves the body here.
 */
const open = t.procedure.use(async ({ ctx, next, type, path, batchIndex, getRawInput }) => {
  const { request } = ctx;
  await countAnonymous(ctx);
  return runInTurn(ctx, 'ofNetwork', networkOf(request.address), async (deps) => {
    if (type !== 'mutation') return next({ ctx: { deps, start: null } });
    if (request.sessionIn instanceof DomainError) throw request.sessionIn;
    const key = keyOf(request, batchIndex);
    const start = key === undefined ? null : { key, hash: hashRequest(deps.sealer, path, await getRawInput()) };
    const result = await next({ ctx: { deps, start } });
    if (request.sessionIn === 'body' || !result.ok) return result;
    return { ...result, data: hideRefreshToken({ deps, request }, result.data) };
  });
});

/**
 * A person with a live session: after it, `ctx.user` is there. All that every such call goes through stands in this one
 * step: each further step of tRPC's would cost every call as much as all of these checks.
 */
const signedIn = t.procedure.use(async ({ ctx, next, type, path, meta, batchIndex, getRawInput }) => {
  const { deps, request } = ctx;
  const user = ctx.caller instanceof DomainError ? await refuse(ctx, ctx.caller) : ctx.caller;
  try {
    const isReading = deps.sessions.check(user);
    if (isReading !== undefined) await isReading;
  } catch (error) {
    await refuse(ctx, error);
  }
  const counted = deps.limiter.countCall(user.id, user.scopes === null ? null : user.sessionId);
  const budget = counted instanceof Promise ? await counted : counted;
  request.reply.budget = budget;
  if (budget.isUsedUp) throw usedUp(budget);
  if (user.scopes !== null) requireScope(user.scopes, meta);

  return runInTurn(ctx, 'ofPerson', user.id, async (own) => {
    const proceed = () => next({ ctx: { user, deps: own } });
    if (type === 'mutation') {
      const key = keyOf(request, batchIndex);
      const once = async (db: Database, runBefore: RunBefore) =>
        dataOf(await next({ ctx: { user, deps: { ...own, db }, runBefore } }));
      const result =
        key === undefined
          ? await proceed()
          : asStep<typeof proceed>(
              await doOnce(
                { deps: own, request, user },
                { key, procedure: path, input: await getRawInput(), isSecret: meta?.isSecret === true },
                once,
              ),
            );
      if (result.ok) deps.changes.announce(user.id);
      return result;
    }
    if (request.held !== null && meta !== undefined && 'followsChanges' in meta.rest) {
      if (request.held.isOf(user.id, await deps.changes.latest(user.id))) throw notModified;
    }
    return proceed();
  });
});

/** How long after showing who they are a person may change what guards the account. */
export const freshMinutes = 5;

/** $1 person, $2 session, $3 the oldest that counts. Also false for an API key: it has no row here. */
const isFresh = {
  name: 'auth.isFresh',
  text: `
    SELECT EXISTS (SELECT FROM sessions WHERE user_id = $1 AND id = $2 AND ended_at IS NULL
                      AND coalesce(authenticated_at, created_at) > $3) AS fresh`,
};

/** A person who showed a short while ago who they are: an open screen, or a stolen access token, is not enough. */
const freshlySignedIn = signedIn.use(async ({ ctx, next }) => {
  const { deps, user } = ctx;
  const oldest = new Date(deps.clock.now().getTime() - freshMinutes * 60_000).toISOString();
  const [found] = await beforeTransaction(ctx, ({ deps: { db } }) =>
    db.query<{ fresh: boolean }>(isFresh, [user.id, user.sessionId, oldest]),
  );
  if (found?.fresh !== true) throw new DomainError('FRESH_SIGN_IN_REQUIRED');
  // What is changed so outlasts the session: each of them writes in a transaction.
  return next({ ctx: { deps: { ...deps, db: whileLive(deps.db, user) } } });
});

const roleOf = { name: 'users.role', text: 'SELECT role FROM users WHERE id = $1' };

/** A person who is an administrator now: the role is read each time, so that losing it binds at once. */
const administrator = signedIn.use(async ({ ctx, next }) => {
  const [account] = await ctx.deps.db.query<{ role: string }>(roleOf, [ctx.user.id]);
  if (account?.role !== 'admin') throw new DomainError('FORBIDDEN', 'This is for administrators');
  return next();
});

/**
 * What a subscription puts out: items with their ids, so that a client that lost the connection resumes after the last
 * one it has seen. The operation checks the items; `itemOf` gives their schema.
 */
export function streamOf<Item extends z.ZodType>(item: Item) {
  return z
    .custom<AsyncIterable<TrackedEnvelope<z.output<Item>>>>((value) => typeof value === 'object' && value !== null)
    .meta({ [streamedItem]: item });
}

/** The schema of the items of a subscription's output; undefined for what is no stream. */
export function itemOf(output: z.ZodType): z.ZodType | undefined {
  const item = output.meta()?.[streamedItem];
  return item instanceof z.ZodType ? item : undefined;
}

const streamedItem = 'streamedItem';

/** Gives the items of a stream their ids; `from`, where it begins, stays for the transport to tell. */
export function tracked<Item extends { readonly number: number }>(
  stream: AsyncIterable<unknown> & { readonly from: number; readonly over: Promise<void> },
) {
  async function* iterate() {
    // The guarantee: the operation has parsed each item with the schema that the procedure names.
    for await (const item of stream as AsyncIterable<Item>) yield track(String(item.number), item);
  }
  return { from: stream.from, over: stream.over, [Symbol.asyncIterator]: iterate };
}

/** The ladder. Each step states the procedure's REST line. */
export const publicProcedure = (rest: RestLine) => open.meta({ rest, access: 'public' });
export const authed = (rest: RestLine) => signedIn.meta({ rest, access: 'authed' });
/** `isSecret`: the reply shows a secret once. */
export const fresh = (rest: RestLine, more: { readonly isSecret?: true } = {}) =>
  freshlySignedIn.meta({ rest, access: 'fresh', ...more });
export const admin = (rest: RestLine) => administrator.meta({ rest, access: 'admin' });

/**
 * The idempotency key of a call; undefined when the request has none. Throws VALIDATION_FAILED when only others of its
 * calls have one: a transport that counted them wrong must not let one be done twice.
 */
function keyOf({ idempotencyKeys }: RequestFacts, batchIndex: number): string | undefined {
  const key = idempotencyKeys?.[batchIndex];
  if (key === undefined && idempotencyKeys !== null)
    throw invalid('Idempotency-Key', 'must be as many keys as there are calls');
  return key;
}

function dataOf(result: StepResult): unknown {
  if (!result.ok) throw toDomainError(result.error);
  return result.data;
}

/** The success of a step that did not call the next one. The guarantee: tRPC looks at nothing else of it at run time. */
function asStep<Next extends () => Promise<StepResult>>(data: unknown): Awaited<ReturnType<Next>> {
  return { ok: true, data } as unknown as Awaited<ReturnType<Next>>;
}

/** Throws INSUFFICIENT_SCOPE: an API key does what it was made for, and never what only a person who signed in may do. */
function requireScope(scopes: ReadonlySet<Scope>, meta: ProcedureMeta | undefined): void {
  const needed = meta !== undefined && 'method' in meta.rest ? meta.rest.scope : undefined;
  if (needed === undefined) throw new DomainError('INSUFFICIENT_SCOPE', 'No API key may do that: sign in');
  if (!scopes.has(needed))
    throw new DomainError('INSUFFICIENT_SCOPE', `This needs an API key with the scope ${needed}`);
}

/** Throws why there is no caller. Trying tokens is a call of nobody, so that a flood of them ends in TOO_MANY_REQUESTS. */
async function refuse(ctx: RequestContext, reason: unknown): Promise<never> {
  if (reason instanceof DomainError && reason.code === 'UNAUTHENTICATED') await countAnonymous(ctx);
  throw reason;
}

/** Counts a call of nobody. Throws TOO_MANY_REQUESTS when the network's budget is used up. */
async function countAnonymous({ deps, request }: RequestContext): Promise<void> {
  const budget = await deps.limiter.countAnonymous(request.address);
  if (budget.isUsedUp) throw usedUp(budget);
}
