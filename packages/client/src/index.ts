export type { AppRouter, ErrorCode, ErrorDetails, FieldError, Goal, Overview, Task, User } from '@alice/api/types';
export { GoalProgressSource, GoalState, Role, TaskPriority, TaskStatus } from '@alice/db/models';
export { AliceError, type AliceErrorCode, isAliceError } from './alice-error.ts';
export { type AliceClient, type AliceClientOptions, createAliceClient } from './create-alice-client.ts';
export { localStorageTokenStore } from './local-storage-token-store.ts';
export { memoryTokenStore } from './memory-token-store.ts';
export { type Pagination, paginate } from './paginate.ts';
export type { RouterInputs, RouterOutputs } from './router-types.ts';
export type { TokenStore, Tokens } from './token-store.ts';
