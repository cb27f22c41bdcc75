import type { Caller, RequestContext } from '../context.ts';
import { DomainError } from '../errors/domain-error.ts';
import { usedUp } from '../platform/rate-limits/call-limiter.ts';
import { networkOf } from '../platform/rate-limits/network-of.ts';
import { runInTurn } from '../platform/rate-limits/run-in-turn.ts';
import { requireModified } from './conditional-reads.ts';
import { keyOf, mutateOnce, startKeyOf } from './idempotency.ts';
import type { ProcedureDescription, ProcedureMeta, Scope } from './procedure-meta.ts';
import { procedure } from './trpc.ts';
import { asStepResult } from './trpc-internals.ts';

/**
 * Anyone, within their network's budget. A sign-in may carry an idempotency key: `ctx.start` then says which, and what was
 * asked for. For a page that keeps its session in a cookie, the refresh token of whatever signs in leaves the body here.
 */
const open = procedure.use(async ({ ctx, next, type, path, batchIndex, getRawInput }) => {
  const { request } = ctx;
  await countAnonymous(ctx);
  return runInTurn(ctx, 'ofNetwork', networkOf(request.address), async (deps) => {
    if (type !== 'mutation') return next({ ctx: { deps, start: null } });
    if (request.sessionIn instanceof DomainError) throw request.sessionIn;
    const start = await startKeyOf(request, deps.sealer, { path, batchIndex, getRawInput });
    const result = await next({ ctx: { deps, start } });
    if (request.sessionIn === 'body' || !result.ok) return result;
    return { ...result, data: deps.guards.hideRefreshToken({ deps, request }, result.data) };
  });
});

/**
 * A person with a live session: after it, `ctx.user` is there. All that every such call goes through stands in this one
 * step: each further step of tRPC's would cost every call as much as all of these checks.
 */
const signedIn = procedure.use(async ({ ctx, next, type, path, meta, batchIndex, getRawInput }) => {
  const { deps, request } = ctx;
  const user = await admit(ctx, meta);
  return runInTurn(ctx, 'ofPerson', user.id, async (own) => {
    const proceed = () => next({ ctx: { user, deps: own } });
    if (type === 'mutation') {
      const key = keyOf(request, batchIndex);
      const result =
        key === undefined
          ? await proceed()
          : asStepResult<typeof proceed>(
              await mutateOnce(
                { deps: own, request, user },
                key,
                { path, getRawInput },
                meta?.isSecret === true,
                (db, runBefore) => next({ ctx: { user, deps: { ...own, db }, runBefore } }),
              ),
            );
      if (result.ok) deps.changes.announce(user.id);
      return result;
    }
    if (request.held !== null && meta?.followsChanges === true) {
      await requireModified(request.held, deps.changes, user.id);
    }
    return proceed();
  });
});

/** A person who showed a short while ago who they are: an open screen, or a stolen access token, is not enough. */
const freshlySignedIn = signedIn.use(async ({ ctx, next }) => {
  const { deps } = ctx;
  const db = await deps.guards.requireRecentSignIn(ctx);
  return next({ ctx: { deps: { ...deps, db } } });
});

/** A person who is an administrator now: the role is read each time, so that losing it binds at once. */
const administrator = signedIn.use(async ({ ctx, next }) => {
  await ctx.deps.guards.requireAdministrator(ctx);
  return next();
});

/** The ladder. On each step a procedure says what it does and where it stands in REST. */
export const publicProcedure = (own: ProcedureDescription) => open.meta({ ...own, access: 'public' });
export const authed = (own: ProcedureDescription) => signedIn.meta({ ...own, access: 'authed' });
export const fresh = (own: ProcedureDescription) => freshlySignedIn.meta({ ...own, access: 'fresh' });
export const admin = (own: ProcedureDescription) => administrator.meta({ ...own, access: 'admin' });

/** The caller: signed in, within their budget, and allowed this procedure. Throws why not. */
async function admit(ctx: RequestContext, meta: ProcedureMeta | undefined): Promise<Caller> {
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
  if (user.scopes !== null) requireScope(user.scopes, meta?.scope);
  return user;
}

/** Throws INSUFFICIENT_SCOPE: an API key does what it was made for, and never what only a person who signed in may do. */
function requireScope(scopes: ReadonlySet<Scope>, needed: Scope | undefined): void {
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
