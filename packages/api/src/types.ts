import type { AnyTRPCProcedure, TRPCBuiltRouter, TRPCDecorateCreateRouterOptions } from '@trpc/server';
import type { ErrorShape } from './errors/domain-error.ts';
import type { procedures } from './root.ts';

/**
 * The router as clients see it: its procedures and its error shape. What a request knows on the server (`ctx`) is
 * erased, so that no type of the database or of a library behind it reaches the SDK.
 */
export type AppRouter = TRPCBuiltRouter<
  {
    ctx: object;
    meta: object;
    errorShape: ErrorShape;
    transformer: true;
  },
  TRPCDecorateCreateRouterOptions<typeof procedures>
>;

type Output<Procedure extends AnyTRPCProcedure> = Procedure['_def']['$types']['output'];

/** The models as the SDK hands them out: instants are `Date`, calendar dates are strings. */
export type User = Output<(typeof procedures)['users']['me']>;
export type Task = Output<(typeof procedures)['tasks']['get']>;
export type Goal = Output<(typeof procedures)['goals']['get']>;
/** One change of the person's data, with the row as it left it. */
export type Change = Output<(typeof procedures)['sync']['pull']>['items'][number];
/** A goal as a copy keeps it. */
export type SyncedGoal = NonNullable<Extract<Change, { entity: 'goal' }>['row']>;
export type Overview = Output<(typeof procedures)['insights']['overview']>;
export type { ErrorCode, ErrorDetails, ErrorShape, FieldError } from './errors/domain-error.ts';
