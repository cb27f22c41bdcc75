import type { AnyTRPCProcedure, TRPCBuiltRouter, TRPCDecorateCreateRouterOptions } from '@trpc/server';
import type { ErrorShape } from './errors/domain-error.ts';
import type { procedures } from './root.ts';

/**
 * The router as clients see it: its procedures and its error shape. The server's context is erased, so that no database
 * or library type reaches the SDK.
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

/** The models as the SDK returns them: timestamps are `Date`, calendar dates are strings. */
export type User = Output<(typeof procedures)['users']['me']>;
export type Task = Output<(typeof procedures)['tasks']['update']>;
/** A task in a list, and one alone: with what follows from other tasks. */
export type ListedTask = Output<(typeof procedures)['tasks']['list']>['items'][number];
export type TaskDetails = Output<(typeof procedures)['tasks']['get']>;
/** A date of a recurring task that was completed or skipped. */
export type Occurrence = Output<(typeof procedures)['tasks']['occurrences']>['items'][number];
export type List = Output<(typeof procedures)['lists']['get']>;
export type Label = Output<(typeof procedures)['labels']['get']>;
export type Goal = Output<(typeof procedures)['goals']['get']>;
/** A change of the user's data, with the row after it. */
export type Change = Output<(typeof procedures)['sync']['pull']>['items'][number];
/** A goal in a local copy. */
export type SyncedGoal = NonNullable<Extract<Change, { entity: 'goal' }>['row']>;
export type Overview = Output<(typeof procedures)['insights']['overview']>;
export type { ErrorCode, ErrorDetails, ErrorShape, FieldError } from './errors/domain-error.ts';
