export { keyPrefix } from './account/api-keys/key-verifier.ts';
export { remindOfKeys } from './account/api-keys/remind-of-keys.ts';
export { type PurgedAccounts, purgeAccounts } from './account/deletion/purge-accounts.ts';
export { purgeTokens } from './account/email/purge-tokens.ts';
export { contentOf, JsonFile } from './account/export/export-file.ts';
export {
  createPasswordHasher,
  type PasswordHasher,
  type PasswordHasherOptions,
  passwordHashing,
} from './account/passwords/password-hasher.ts';
export { createRequestContext, plainRequest } from './account/sessions/create-request-context.ts';
export { purgeSessions } from './account/sessions/purge-sessions.ts';
export { createSessionGate, type SessionGate } from './account/sessions/session-gate.ts';
export { createTokenIssuer, type TokenIssuer, type TokenOptions } from './account/sessions/tokens.ts';
export type { HeldCopy, Identity, RefreshCookie, ReplyFacts, RequestContext, RequestFacts } from './context.ts';
export { createDeps, createJobHandlers, type DepsOptions } from './create-deps.ts';
export type { Deps } from './deps.ts';
export { DomainError, type ErrorCode, errorKinds, type FieldError, invalidInput } from './errors/domain-error.ts';
export { fromUnknown, toDomainError } from './errors/to-domain-error.ts';
export { featureEntities } from './features/entities.ts';
export { createSealer, type Sealer } from './platform/crypto/seal.ts';
export { type Broadcast, type ChangeFeed, createChangeFeed } from './platform/events/change-feed.ts';
export { purgeReplies } from './platform/idempotency/purge-replies.ts';
export { createJobQueue, type Job, type JobHandlers, type RunningJobQueue } from './platform/jobs/create-job-queue.ts';
export type { JobData, JobName, JobOptions, JobQueue } from './platform/jobs/job-queue.ts';
export type { Mailer, OutgoingMail } from './platform/mail/mailer.ts';
export type { Mail } from './platform/mail/mails.ts';
export {
  type Budget,
  type CallLimiter,
  type CallLimits,
  createCallLimiter,
} from './platform/rate-limits/call-limiter.ts';
export { type GuessSettings, guessBudgets } from './platform/rate-limits/guess-budgets.ts';
export { createGuessLimiter, type GuessLimiter } from './platform/rate-limits/guesses.ts';
export { canonicalAddress, networkOf } from './platform/rate-limits/network-of.ts';
export {
  grantedOf,
  memoryWindows,
  type OpenWindows,
  resultOf,
  type WindowLimit,
} from './platform/rate-limits/windows.ts';
export { type Clock, systemClock } from './platform/runtime/clock.ts';
export type { Log } from './platform/runtime/log.ts';
export { notModified } from './procedures/conditional-reads.ts';
export type { ProcedureFacts } from './procedures/procedure-map.ts';
export {
  type Access,
  type ProcedureMeta,
  type RestLine,
  type RestRoute,
  type Scope,
  scopes,
} from './procedures/procedure-meta.ts';
export { itemOf } from './procedures/streams.ts';
export { errorShapeOf, statusOfReplies, toTrpcError } from './procedures/trpc-internals.ts';
export { appRouter, createCaller, procedureMap } from './root.ts';
