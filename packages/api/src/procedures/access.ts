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
 * Public procedures, within the rate limit of the network. A sign-in may have an idempotency key: `ctx.start` then has
 * the key and the request hash. For cookie sessions, it moves the refresh token from the response body to the cookie.
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
 * Requires an active session or an API key; sets `ctx.user`. All checks are in one middleware: each additional
 * middleware would cost every call as much as all these checks.
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

/** Requires recent authentication: an unlocked screen or a stolen access token is not enough. */
const freshlySignedIn = signedIn.use(async ({ ctx, next }) => {
  const { deps } = ctx;
  const db = await deps.guards.requireRecentSignIn(ctx);
  return next({ ctx: { deps: { ...deps, db } } });
});

/** Requires the administrator role, which is read for each call, so that its removal takes effect at once. */
const administrator = signedIn.use(async ({ ctx, next }) => {
  await ctx.deps.guards.requireAdministrator(ctx);
  return next();
});

/** The access levels. Each procedure states its summary, its scope and its REST route here. */
export const publicProcedure = (own: ProcedureDescription) => open.meta({ ...own, access: 'public' });
export const authed = (own: ProcedureDescription) => signedIn.meta({ ...own, access: 'authed' });
export const fresh = (own: ProcedureDescription) => freshlySignedIn.meta({ ...own, access: 'fresh' });
export const admin = (own: ProcedureDescription) => administrator.meta({ ...own, access: 'admin' });

/** The caller, authenticated, within the rate limit, and with the scope of the procedure. Throws otherwise. */
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

/** Throws INSUFFICIENT_SCOPE: an API key can only do what its scopes allow, and never what needs a session. */
function requireScope(scopes: ReadonlySet<Scope>, needed: Scope | undefined): void {
  if (needed === undefined)
    throw new DomainError('INSUFFICIENT_SCOPE', 'API keys cannot call this operation: sign in instead');
  if (!scopes.has(needed)) throw new DomainError('INSUFFICIENT_SCOPE', `The API key needs the scope ${needed}`);
}

/**
 * Throws the reason why there is no caller. Invalid tokens count as anonymous calls, so that a flood of them gets
 * TOO_MANY_REQUESTS.
 */
async function refuse(ctx: RequestContext, reason: unknown): Promise<never> {
  if (reason instanceof DomainError && reason.code === 'UNAUTHENTICATED') await countAnonymous(ctx);
  throw reason;
}

/** Counts an anonymous call. Throws TOO_MANY_REQUESTS at the rate limit of the network. */
async function countAnonymous({ deps, request }: RequestContext): Promise<void> {
  const budget = await deps.limiter.countAnonymous(request.address);
  if (budget.isUsedUp) throw usedUp(budget);
}
