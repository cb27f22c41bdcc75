export { keyPrefix } from './api-keys/key-verifier.ts';
export { remindOfKeys } from './api-keys/remind-of-keys.ts';
export {
  createPasswordHasher,
  type PasswordHasher,
  type PasswordHasherOptions,
  passwordHashing,
} from './auth/password-hasher.ts';
export { purgeSessions } from './auth/purge-sessions.ts';
export { purgeTokens } from './auth/purge-tokens.ts';
export { createSessionGate, type SessionGate } from './auth/session-gate.ts';
export { createTokenIssuer, type TokenIssuer, type TokenOptions } from './auth/tokens.ts';
export { type Broadcast, type ChangeFeed, createChangeFeed } from './changes/change-feed.ts';
export { purgeReplies } from './changes/purge-replies.ts';
export type { HeldCopy, Identity, RefreshCookie, ReplyFacts, RequestContext, RequestFacts } from './context.ts';
export { createDeps, type DepsOptions } from './create-deps.ts';
export { createJobHandlers } from './create-job-handlers.ts';
export { createRequestContext, plainRequest } from './create-request-context.ts';
export { createSealer, type Sealer } from './crypto/seal.ts';
export { type Clock, type Deps, type Log, systemClock } from './deps.ts';
export { DomainError, type ErrorCode, errorKinds, type FieldError, invalidInput } from './errors.ts';
export { contentOf, JsonFile } from './exports/export-file.ts';
export { createJobQueue, type Job, type JobHandlers, type RunningJobQueue } from './jobs/create-job-queue.ts';
export type { JobData, JobName, JobOptions, JobQueue } from './jobs/job-queue.ts';
export { type Budget, type CallLimiter, type CallLimits, createCallLimiter } from './limits/call-limiter.ts';
export { type GuessSettings, guessBudgets } from './limits/guess-budgets.ts';
export { createGuessLimiter, type GuessLimiter } from './limits/guesses.ts';
export { canonicalAddress, networkOf } from './limits/network-of.ts';
export { grantedOf, memoryWindows, type OpenWindows, resultOf, type WindowLimit } from './limits/windows.ts';
export type { Mailer, OutgoingMail } from './mail/mailer.ts';
export type { Mail } from './mail/mails.ts';
export { type ProcedureFacts, procedureMap } from './procedure-map.ts';
export {
  type Access,
  type ProcedureMeta,
  type RestLine,
  type RestRoute,
  type Scope,
  scopes,
} from './procedure-meta.ts';
export { appRouter, createCaller } from './root.ts';
export { fromUnknown, toDomainError } from './to-domain-error.ts';
export { itemOf, notModified } from './trpc.ts';
export { type PurgedAccounts, purgeAccounts } from './users/purge-accounts.ts';
