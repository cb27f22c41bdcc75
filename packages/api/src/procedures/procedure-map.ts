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
  /** Runs it with all middlewares. Returns the wire form; throws a TRPCError. */
  readonly call: (call: ProcedureCall) => Promise<unknown>;
}

/** All procedures of a router by path. What iterates over it covers a new procedure automatically. */
export function createProcedureMap(router: AnyTRPCRouter): ReadonlyMap<string, ProcedureFacts> {
  return new Map(
    builtProcedures(router).map(([path, { type, meta, inputs, output, middlewares }]) => {
      // A procedure without access control is found here, before it is served, documented or tested.
      if (meta?.access === undefined) throw new Error(`${path} has no access level`);
      return [path, { path, type, meta, inputs, output, call: createCall(middlewares, meta) }];
    }),
  );
}
