import { initTRPC, TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { Identity, RequestContext } from './context.ts';
import { DomainError, type ErrorShape, errorKinds } from './errors.ts';
import type { ProcedureMeta, RestLine } from './procedure-meta.ts';
import { toDomainError } from './to-domain-error.ts';

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
      const { code, message, errors, details, retryAfterSeconds } = toDomainError(error);
      const { trpc } = errorKinds[code];
      return {
        code: TRPC_ERROR_CODES_BY_KEY[trpc],
        message,
        data: {
          code,
          httpStatus: getHTTPStatusCodeFromError(new TRPCError({ code: trpc })),
          request_id: ctx?.request.id ?? null,
          errors,
          details: details ?? null,
          retryAfterSeconds: retryAfterSeconds ?? null,
        },
      };
    },
  });

export const { router, createCallerFactory } = t;

/** Anyone. */
const open = t.procedure;

/** A person with a live session: after it, `ctx.user` is there. */
const signedIn = open.use(async ({ ctx, next }) => {
  const user = requireCaller(ctx);
  await ctx.deps.sessions.check(user);
  return next({ ctx: { user } });
});

/** A person who is an administrator now: the role is read each time, so that losing it binds at once. */
const administrator = signedIn.use(async ({ ctx, next }) => {
  const account = await ctx.deps.db.prisma.user.findUnique({ where: { id: ctx.user.id }, select: { role: true } });
  if (account?.role !== 'admin') throw new DomainError('FORBIDDEN', 'This is for administrators');
  return next();
});

/** The ladder. Each step states the procedure's REST line. */
export const publicProcedure = (rest: RestLine) => open.meta({ rest });
export const authed = (rest: RestLine) => signedIn.meta({ rest });
export const admin = (rest: RestLine) => administrator.meta({ rest });

function requireCaller(ctx: RequestContext): Identity {
  if (ctx.caller instanceof DomainError) throw ctx.caller;
  return ctx.caller;
}
