import type { AnyTRPCRouter } from '@trpc/server';
import type { z } from 'zod';
import { createCall } from './create-call.ts';
import type { ProcedureMeta } from './procedure-meta.ts';
import { builtProcedures, type ProcedureCall } from './trpc-internals.ts';

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

/** Every procedure of a router by its path, so that what goes through them covers a new one the moment it exists. */
export function createProcedureMap(router: AnyTRPCRouter): ReadonlyMap<string, ProcedureFacts> {
  return new Map(
    builtProcedures(router).map(([path, { type, meta, inputs, output, middlewares }]) => {
      // Whoever builds one around the ladder finds out before it is served, described or tested.
      if (meta?.access === undefined) throw new Error(`${path} does not say who may call it`);
      return [path, { path, type, meta, inputs, output, call: createCall(middlewares, meta) }];
    }),
  );
}
