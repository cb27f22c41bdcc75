import type { z } from 'zod';
import type { RequestContext } from '../context.ts';
import { appRouter } from '../root.ts';
import { createCall, type Step } from './create-call.ts';
import type { ProcedureMeta } from './procedure-meta.ts';

export interface ProcedureCall {
  readonly path: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly ctx: RequestContext;
  /** The input as it came, not yet checked. */
  readonly getRawInput: () => Promise<unknown>;
  readonly signal: AbortSignal | undefined;
  readonly batchIndex: number;
}

export interface ProcedureFacts {
  /** `tasks.create` */
  readonly path: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly meta: ProcedureMeta;
  readonly inputs: readonly z.ZodType[];
  readonly output: z.ZodType;
  /** Runs it through the whole ladder. Gives the wire form; throws a TRPCError. */
  readonly call: (call: ProcedureCall) => Promise<unknown>;
}

interface Built {
  readonly _def: Omit<ProcedureFacts, 'path' | 'call'> & { readonly middlewares: readonly Step[] };
}

/**
 * The cast: tRPC keeps procedures flat, by path, in `_def.procedures`; each is a function with its facts in `_def`. Its
 * public types show neither.
 */
const built = appRouter._def.procedures as unknown as Readonly<Record<string, Built>>;

/** Every procedure there is by its path, so that what goes through them covers a new one the moment it exists. */
export const procedureMap: ReadonlyMap<string, ProcedureFacts> = new Map(
  Object.entries(built).map(([path, procedure]) => {
    const { type, meta, inputs, output, middlewares } = procedure._def;
    // Whoever builds one around the ladder finds out before it is served, described or tested.
    if (meta?.access === undefined) throw new Error(`${path} does not say who may call it`);
    return [path, { path, type, meta, inputs, output, call: createCall(middlewares, meta) }];
  }),
);
