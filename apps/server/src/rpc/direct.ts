import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  appRouter,
  type Deps,
  errorShapeOf,
  JsonFile,
  type ProcedureFacts,
  procedureMap,
  type RequestContext,
  statusOfReplies,
  toDomainError,
  toTrpcError,
} from '@alice/api';
import { TRPCError } from '@trpc/server';
import type { Context } from 'hono';
import { readIdempotencyKeys } from '../http/idempotency-key.ts';
import { type JsonPart, jsonBody, longText } from '../http/json-text.ts';
import { readJsonBody } from '../http/limits.ts';
import { logFailure } from '../http/log-failure.ts';
import { openContext } from '../http/open-context.ts';
import type { AppEnv } from '../http/request-scope.ts';
import { requireShallow } from '../http/require-shallow.ts';
import { retryHeaders } from './retry-headers.ts';
import { answerStream, withLastEventId } from './stream.ts';

/**
 * The fast path through tRPC: plain JSON calls of known procedures, single or batched. tRPC's own adapter creates
 * `URL`, `Headers`, `Request` and abort signals for each request, which costs more than all our own work. Other
 * requests fall back to the adapter. A test checks that both return the same bytes.
 */
export interface DirectCall {
  readonly procedures: readonly ProcedureFacts[];
  readonly isBatch: boolean;
  /** The input of queries, as text. */
  readonly query: string | undefined;
}

const json = { 'content-type': 'application/json' };
export const maxBatchSize = 10;
const prefix = '/trpc/';

/**
 * The called procedures, if the request can be handled directly: only queries by GET, only mutations by POST, or one
 * stream by GET.
 */
export function readDirectCall(c: Context<AppEnv>): DirectCall | null {
  const { method } = c.req;
  const type = method === 'GET' ? 'query' : method === 'POST' ? 'mutation' : null;
  const query = c.req.query();
  const isBatch = query['batch'] === '1';
  if (type === null || !isPlain(c.req.header('trpc-accept'))) return null;
  // Connection parameters are for streams. Batches never fall back: the adapter serialises all results in one turn.
  if (query['connectionParams'] !== undefined && !isBatch) return null;
  const path = c.req.path.slice(prefix.length);
  const paths = isBatch ? path.split(',') : [path];
  if (paths.length > maxBatchSize) return null;
  const procedures: ProcedureFacts[] = [];
  for (const name of paths) {
    const procedure = procedureMap.get(name);
    const isStream = procedure?.type === 'subscription' && type === 'query' && !isBatch;
    if (procedure === undefined || (procedure.type !== type && !isStream)) return null;
    procedures.push(procedure);
  }
  return { procedures, isBatch, query: query['input'] };
}

/** Whether the client expects one JSON document, not streamed JSON lines. */
function isPlain(accept: string | undefined): boolean {
  return accept === undefined || accept === 'application/json';
}

type Failure = Pick<ProcedureFacts, 'path' | 'type'> & { readonly error: TRPCError };
type Outcome = { readonly data: unknown } | Failure;

/** Responds as tRPC's adapter does: the calls of a batch run concurrently, each with its own result or error. */
export async function answerDirectly(c: Context<AppEnv>, deps: Deps, call: DirectCall): Promise<Response> {
  const { procedures, isBatch, query } = call;
  const scope = c.get('scope');
  const text = c.req.method === 'GET' ? query : await readJsonBody(c);
  const inputs = readInputs(text, isBatch);
  if (c.req.method === 'POST') {
    scope.idempotencyKeys = readIdempotencyKeys(c.req.header('idempotency-key'), procedures.length);
  }
  const ctx = await openContext(deps, scope);
  const [first] = procedures;
  const leaving = first?.type === 'subscription' ? new AbortController() : undefined;

  const run = async (procedure: ProcedureFacts, batchIndex: number): Promise<Outcome> => {
    const { path, type } = procedure;
    try {
      return {
        data: await procedure.call({
          path,
          type,
          ctx,
          getRawInput: () =>
            leaving === undefined
              ? inputs.at(batchIndex)
              : inputs.at(batchIndex).then((input) => withLastEventId(c, input)),
          signal: leaving?.signal,
          batchIndex,
        }),
      };
    } catch (cause) {
      const error = toTrpcError(cause);
      logFailure(scope, toDomainError(error), path);
      return { error, path, type };
    }
  };
  const outcomes = await Promise.all(procedures.map(run));
  const [only] = outcomes;
  if (leaving !== undefined && only !== undefined && 'data' in only)
    return answerStream(ctx, scope, only.data, leaving);
  const replies = outcomes.map((outcome) => toReply(outcome, ctx));

  const errors = outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
  return new Response(await jsonBody(await partsOf(replies, isBatch)), {
    status: errors.length === 0 ? 200 : statusOfReplies(replies),
    headers: scope.headersWith(errors.length === 0 ? json : { ...json, ...retryHeaders(errors, replies.length) }),
  });
}

/** The responses as JSON, one by one for a batch: ten pages of long notes at once would delay all others. */
async function partsOf(replies: readonly Reply[], isBatch: boolean): Promise<JsonPart[]> {
  const parts: JsonPart[] = [];
  for (const reply of replies) {
    if (isBatch) parts.push(parts.length === 0 ? '[' : ',');
    if ('result' in reply && reply.result.data instanceof JsonFile) {
      parts.push('{"result":{"data":', reply.result.data, '}}');
      continue;
    }
    const text = JSON.stringify(reply);
    parts.push(text);
    if (isBatch && text.length > longText) await nextTurn();
  }
  if (isBatch) parts.push(']');
  return parts;
}

type Reply = ReturnType<typeof toReply>;

function toReply(outcome: Outcome, ctx: RequestContext) {
  if (!('error' in outcome)) return { result: { data: outcome.data } };
  return { error: errorShapeOf(appRouter, { ...outcome, ctx }) };
}

interface Inputs {
  /** The input of one call. Rejects if it is malformed; then only this call fails. */
  at(index: number): Promise<unknown>;
}

/** Parses the input once for all calls; if it is malformed, each call fails separately. */
function readInputs(text: string | undefined, isBatch: boolean): Inputs {
  if (text === undefined || text === '') return { at: async () => undefined };
  let parsed: unknown;
  try {
    requireShallow(text);
    parsed = JSON.parse(text);
  } catch (cause) {
    return { at: () => Promise.reject(new TRPCError({ code: 'BAD_REQUEST', cause })) };
  }
  if (!isBatch) return { at: async () => parsed };
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    const message = '"input" needs to be an object when doing a batch call';
    return { at: () => Promise.reject(new TRPCError({ code: 'BAD_REQUEST', message })) };
  }
  const inputs = new Map(Object.entries(parsed));
  return { at: async (index) => inputs.get(String(index)) };
}
