import { initTRPC, TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import type { RequestContext } from '../context.ts';
import { type ErrorShape, errorKinds } from '../errors/domain-error.ts';
import { toDomainError } from '../errors/to-domain-error.ts';
import type { ProcedureMeta } from './procedure-meta.ts';

/** Plain JSON in both directions. The transformer tells the client's types that timestamps become `Date`. */
const plainJson = { serialize: (value: unknown) => value, deserialize: (value: unknown) => value };

const t = initTRPC
  .context<RequestContext>()
  .meta<ProcedureMeta>()
  .create({
    isDev: false,
    transformer: plainJson,
    // Every transport uses this, and tRPC takes the HTTP status from it: the only place where errors are mapped.
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

export const { router, createCallerFactory, procedure } = t;
