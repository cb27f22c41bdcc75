import { callTRPCProcedure } from '@trpc/server';
import type { z } from 'zod';
import type { RequestContext } from '../context.ts';
import type { ProcedureMeta } from '../procedure-meta.ts';
import { appRouter } from '../root.ts';

export interface ProcedureFacts {
  /** `tasks.create` */
  readonly path: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly meta: ProcedureMeta;
  readonly inputs: readonly z.ZodType[];
  readonly output: z.ZodType;
}

/**
 * Every procedure there is, so that a test which goes through them covers a new one the moment it exists.
 * The cast: tRPC keeps procedures flat, by path, in `_def.procedures`, and each one's facts in its `_def`; its types
 * show neither.
 */
export function allProcedures(): ProcedureFacts[] {
  const flat = appRouter._def.procedures as unknown as Record<string, { readonly _def: Omit<ProcedureFacts, 'path'> }>;
  return Object.entries(flat).map(([path, { _def: { type, meta, inputs, output } }]) => ({ path, type, meta, inputs, output }));
}

/** Calls a procedure by its path with any input, through the whole ladder. */
export function callPath(ctx: RequestContext, { path, type }: ProcedureFacts, input: unknown): Promise<unknown> {
  return callTRPCProcedure({
    router: appRouter,
    path,
    type,
    ctx,
    getRawInput: async () => input,
    signal: undefined,
    batchIndex: 0,
  });
}
