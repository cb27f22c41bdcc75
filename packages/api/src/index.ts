export { type PasswordHasher, type PasswordHasherOptions, createPasswordHasher, passwordHashing } from './auth/password-hasher.ts';
export { createSessionGate, type SessionGate } from './auth/session-gate.ts';
export { createTokenIssuer, type TokenIssuer, type TokenOptions } from './auth/tokens.ts';
export { createRequestContext, type RequestFacts } from './create-request-context.ts';
export type { Identity, RequestContext } from './context.ts';
export { type Clock, type Deps, type Log, systemClock } from './deps.ts';
export { DomainError, type ErrorCode, errorKinds, type FieldError } from './errors.ts';
export { appRouter, createCaller } from './root.ts';
export { fromUnknown, toDomainError } from './to-domain-error.ts';
