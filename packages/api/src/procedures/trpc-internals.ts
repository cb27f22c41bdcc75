/**
 * Everything of tRPC that it does not promise, in one file: how it keeps procedures, what a step gives, and how it makes
 * the bytes of an error. The direct way (`create-call.ts`, and the server's `rpc/direct.ts`) stands on it. The version is
 * pinned exactly, so that none of it changes unseen; a test holds that the direct way and tRPC's adapter give the same bytes.
 */
import { type AnyTRPCRouter, getTRPCErrorFromUnknown, getTRPCErrorShape, type TRPCError } from '@trpc/server';
import { getHTTPStatusCode } from '@trpc/server/http';
import type { z } from 'zod';
import type { RequestContext } from '../context.ts';
import type { ProcedureMeta } from './procedure-meta.ts';

export { getTRPCErrorFromUnknown as toTrpcError };

/** What a step of a procedure comes to. */
export type StepResult =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly error: TRPCError };

/** The success of a step that did not call the next one. The guarantee: tRPC looks at nothing else of it at run time. */
export function asStepResult<Next extends () => Promise<StepResult>>(data: unknown): Awaited<ReturnType<Next>> {
  return { ok: true, data } as unknown as Awaited<ReturnType<Next>>;
}

export interface ProcedureCall {
  readonly path: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly ctx: RequestContext;
  /** The input as it came, not yet checked. */
  readonly getRawInput: () => Promise<unknown>;
  readonly signal: AbortSignal | undefined;
  readonly batchIndex: number;
}

/** What a step hands to the next: what it does not name stays. */
export type Handed = {
  readonly ctx?: object;
  readonly input?: unknown;
  readonly getRawInput?: ProcedureCall['getRawInput'];
};

/** A call within the steps of its procedure. */
export interface RunningCall extends Omit<ProcedureCall, 'ctx'> {
  readonly ctx: object;
  readonly input: unknown;
}

/** A step of a procedure, as tRPC keeps it: the ladder's, the parser of the input or the output, or the operation. */
export type Step = (
  running: RunningCall & { readonly meta: ProcedureMeta; readonly next: (handed?: Handed) => Promise<StepResult> },
) => Promise<StepResult | undefined>;

/** A procedure as tRPC keeps it. */
export interface BuiltProcedure {
  readonly type: ProcedureCall['type'];
  readonly meta: ProcedureMeta | undefined;
  readonly inputs: readonly z.ZodType[];
  readonly output: z.ZodType;
  readonly middlewares: readonly Step[];
}

/**
 * The procedures of a router, flat, by path. The cast: tRPC keeps them so in `_def.procedures`, each a function with its
 * facts in `_def`. Its public types show neither.
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

/** An error as tRPC writes it into a reply. */
export function errorShapeOf(router: AnyTRPCRouter, failed: FailedCall) {
  return getTRPCErrorShape({ ...failed, config: router._def._config, input: undefined });
}

/** The HTTP status that tRPC gives to a reply of one or several calls. */
export const statusOfReplies = getHTTPStatusCode;
