import type { Operation } from '@trpc/client';

/** What an attempt is signed with; afterwards, what it was signed with. */
export class Credentials {
  accessToken: string | undefined;

  constructor(accessToken: string | undefined) {
    this.accessToken = accessToken;
  }
}

/**
 * The `Authorization` of a request. The calls of a batch share one: if the session was renewed while they gathered,
 * that of the last counts for all, and each is told what it was sent with.
 */
export function authorization(operations: readonly Operation[]): { authorization?: string } {
  const all = operations.map(({ context }) => context['credentials']).filter((value) => value instanceof Credentials);
  const accessToken = all.at(-1)?.accessToken;
  for (const credentials of all) credentials.accessToken = accessToken;
  return accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
}
