import type { Operation } from '@trpc/client';

/** The token of an attempt: the one to send, and afterwards the one that was sent. */
export class Credentials {
  accessToken: string | undefined;

  constructor(accessToken: string | undefined) {
    this.accessToken = accessToken;
  }
}

/**
 * The `Authorization` header of a request. The calls of a batch share one: if the session was refreshed while they were
 * collected, all use the latest token, and each call gets the token that was sent.
 */
export function authorization(operations: readonly Operation[]): { authorization?: string } {
  const all = operations.map(({ context }) => context['credentials']).filter((value) => value instanceof Credentials);
  const accessToken = all.at(-1)?.accessToken;
  for (const credentials of all) credentials.accessToken = accessToken;
  return accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
}
