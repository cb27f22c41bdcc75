export {
  createPasswordHasher,
  type PasswordHasher,
  type PasswordHasherOptions,
  passwordHashing,
} from './auth/password-hasher.ts';
export { createSessionGate, type SessionGate } from './auth/session-gate.ts';
export { createTokenIssuer, type TokenIssuer, type TokenOptions } from './auth/tokens.ts';
export type { Identity, RequestContext, RequestFacts } from './context.ts';
export { createRequestContext } from './create-request-context.ts';
export { type Clock, type Deps, type Log, systemClock } from './deps.ts';
export { DomainError, type ErrorCode, errorKinds, type FieldError } from './errors.ts';
export { type ProcedureFacts, procedureMap } from './procedure-map.ts';
export { appRouter, createCaller } from './root.ts';
export { fromUnknown, toDomainError } from './to-domain-error.ts';
