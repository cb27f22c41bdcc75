export type * from '@alice/api/types';
export {
  GoalProgressSource,
  GoalState,
  OccurrenceOutcome,
  Role,
  TaskPriority,
  TaskStatus,
  Weekday,
} from '@alice/db/models';
export {
  AliceError,
  type AliceErrorCode,
  isAliceError,
  needsSecondFactor,
  type SecondFactorDetails,
} from './alice-error.ts';
export type { CopyPlace, CopyRow, CopyStep, CopyStore, SavedCopy } from './copy-store.ts';
export { type AliceClient, type AliceClientOptions, createAliceClient } from './create-alice-client.ts';
export type { KeepOptions, LocalCopy } from './keep-copy.ts';
export type { Live, LiveEvents, LiveStatus } from './live.ts';
export { localStorageTokenStore } from './local-storage-token-store.ts';
export { memoryTokenStore } from './memory-token-store.ts';
export { type Pagination, paginate } from './paginate.ts';
export type { RouterInputs, RouterOutputs } from './router-types.ts';
export type { TokenStore, Tokens } from './token-store.ts';
export type { Hooks, RequestEvent, ResponseEvent } from './with-hooks.ts';
