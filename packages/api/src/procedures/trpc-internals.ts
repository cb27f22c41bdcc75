/**
 * All internals of tRPC that we use, in one file: how it stores procedures, what a middleware returns, and how it
 * formats an error. Direct calls (`create-call.ts`, and `rpc/direct.ts` of the server) depend on it. The version of tRPC
 * is pinned exactly, so that an update is noticed; a test checks that direct calls and tRPC's adapter return the same
 * bytes.
 */
import { type AnyTRPCRouter, getTRPCErrorFromUnknown, getTRPCErrorShape, type TRPCError } from '@trpc/server';
import { getHTTPStatusCode } from '@trpc/server/http';
import type { z } from 'zod';
import type { RequestContext } from '../context.ts';
import type { ProcedureMeta } from './procedure-meta.ts';

export { getTRPCErrorFromUnknown as toTrpcError };

/** The result of a middleware. */
export type StepResult =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: TRPCError };

/**
 * The success of a middleware that did not call the next one. The guarantee: tRPC reads nothing else of it at run time.
 */
export function asStepResult<Next extends () => Promise<StepResult>>(data: unknown): Awaited<ReturnType<Next>> {
  return { ok: true, data } as unknown as Awaited<ReturnType<Next>>;
}

export interface ProcedureCall {
  readonly path: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly ctx: RequestContext;
  /** The raw input, not validated yet. */
  readonly getRawInput: () => Promise<unknown>;
  readonly signal: AbortSignal | undefined;
  readonly batchIndex: number;
}

/** What a middleware passes to the next one: fields that it does not set are kept. */
export type Handed = {
  readonly ctx?: object;
  readonly input?: unknown;
  readonly getRawInput?: ProcedureCall['getRawInput'];
};

/** A call inside the middlewares of its procedure. */
export interface RunningCall extends Omit<ProcedureCall, 'ctx'> {
  readonly ctx: object;
  readonly input: unknown;
}

/** A middleware, as tRPC stores it: access control, the input or output parser, or the operation. */
export type Step = (
  running: RunningCall & { readonly meta: ProcedureMeta; readonly next: (handed?: Handed) => Promise<StepResult> },
) => Promise<StepResult | undefined>;

/** A procedure, as tRPC stores it. */
export interface BuiltProcedure {
  readonly type: ProcedureCall['type'];
  readonly meta: ProcedureMeta | undefined;
  readonly inputs: readonly z.ZodType[];
  readonly output: z.ZodType;
  readonly middlewares: readonly Step[];
}

/**
 * All procedures of a router by path. The cast: tRPC stores procedures flat, by path, in `_def.procedures`; each is a
 * function with its metadata in `_def`. Its public types show neither.
 */
export function builtProcedures(router: AnyTRPCRouter): [path: string, BuiltProcedure][] {
  const built = router._def.procedures as unknown as Readonly<Record<string, { readonly _def: BuiltProcedure }>>;
  return Object.entries(built).map(([path, { _def }]) => [path, _def]);
}

interface FailedCall {
  readonly error: TRPCError;
  readonly type: ProcedureCall['type'];
  readonly path: string | undefined;
  readonly ctx: RequestContext;
}

/** An error, as tRPC writes it into a response. */
export function errorShapeOf(router: AnyTRPCRouter, failed: FailedCall) {
  return getTRPCErrorShape({ ...failed, config: router._def._config, input: undefined });
}

/** The HTTP status of tRPC for a response to one or several calls. */
export const statusOfReplies = getHTTPStatusCode;
