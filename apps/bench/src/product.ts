import {
  type CallLimiter,
  type ChangeFeed,
  createCaller,
  createDeps,
  DomainError,
  type Identity,
  passwordHashing,
  plainRequest,
  type SessionGate,
} from '@alice/api';
import type { Database } from '@alice/db';

/** Minutes; the most that the product allows, and longer than any run. */
export const accessMinutes = 60;

const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
/** Their queries serve the whole process and are no part of a request. */
const openGate: SessionGate = { check: ignore, end: ignore };
const noFeed: ChangeFeed = {
  latest: async () => 0,
  announce: ignore,
  watch: () => ignore,
  watching: () => 0,
  close: ignore,
};
const unlimited = { limit: 1, remaining: 1, resetSeconds: 1, windowSeconds: 1, isUsedUp: false };
const noLimiter: CallLimiter = { countCall: async () => unlimited, countAnonymous: async () => unlimited };

/** The product's operations on `db`, within this process. Tokens are those of a server with this secret. */
export async function productOn(
  db: Database,
  jwtSecret: string,
  hashing: Partial<typeof passwordHashing> = {},
): Promise<(caller: Identity | null) => ReturnType<typeof createCaller>> {
  const deps = await createDeps(
    {
      db,
      log: silent,
      jobs: { send: async () => undefined },
      secrets: [jwtSecret],
      lifetimes: { accessMinutes },
      hashing: { ...passwordHashing, ...hashing },
    },
    { sessions: openGate, changes: noFeed, limiter: noLimiter },
  );
  return (caller) =>
    createCaller({
      deps,
      request: plainRequest({ id: 'bench', log: silent, authorization: null, address: '127.0.0.1', userAgent: null }),
      caller:
        caller === null
          ? new DomainError('UNAUTHENTICATED')
          : { id: caller.id, sessionId: caller.sessionId, expires: Number.MAX_SAFE_INTEGER, scopes: null },
    });
}

function ignore(): void {}
