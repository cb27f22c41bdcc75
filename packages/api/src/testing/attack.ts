import { randomUUID } from 'node:crypto';
import type { PasswordHasher } from '../account/passwords/password-hasher.ts';
import { createRequestContext, plainRequest } from '../account/sessions/create-request-context.ts';
import type { Deps } from '../deps.ts';
import { DomainError, type ErrorCode } from '../errors/domain-error.ts';
import { createCaller } from '../root.ts';

/** A password hasher that records the passwords it gets. */
export function recordedPasswords(hasher: PasswordHasher): PasswordHasher & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    ...hasher,
    asked,
    verify: (hashed, password) => {
      asked.push(password);
      return hasher.verify(hashed, password);
    },
    verifyNobody: (password) => {
      asked.push(password);
      return hasher.verifyNobody(password);
    },
  };
}

/** Signs in from an address. Returns the error code, or null on success. */
export async function signInFrom(
  deps: Deps,
  address: string,
  input: { readonly email: string; readonly password: string },
): Promise<ErrorCode | null> {
  const request = plainRequest({ id: randomUUID(), log: deps.log, authorization: null, address, userAgent: 'tests' });
  try {
    await createCaller(() => createRequestContext(deps, request)).auth.login(input);
    return null;
  } catch (error) {
    if (error instanceof Error && error.cause instanceof DomainError) return error.cause.code;
    throw error;
  }
}
