import { hash as digest } from 'node:crypto';
import { type Database, type Rows, rowOf, sql } from '@alice/db';
import { LRUCache } from 'lru-cache';
import type { Caller } from '../../context.ts';
import { invalidKey } from '../../errors/domain-error.ts';
import { type BearerSecret, isSameHash, readBearerSecret } from '../../platform/crypto/bearer-secret.ts';
import type { Clock } from '../../platform/runtime/clock.ts';
import type { Log } from '../../platform/runtime/log.ts';
import { recordUse } from './record-use.ts';
import { replacedHours } from './schemas.ts';
import { toScopes } from './to-api-key.ts';

/** The prefix of API keys, by which secret scanners can find them. */
export const keyPrefix = 'alice_';

export interface KeyVerifier {
  /**
   * Verifies an API key; `address` is recorded for its owner. Throws UNAUTHENTICATED, with the same message for every
   * reason. A cached key may have been revoked since: the session gate checks that.
   */
  verify(key: string, address: string | null): Caller | Promise<Caller>;
}

export interface KeyVerifierOptions {
  /** How long a verified key is cached: not longer than the session gate remembers revocations. */
  readonly rememberSeconds: number;
}

const mostRemembered = 10_000;
const notedEveryMs = 60_000;

interface Remembered {
  readonly caller: Caller;
  readonly until: number;
  /** When its last use was reported. */
  notedAt: number;
}

/** $1 user, $2 key. */
const findKey = sql({
  name: 'apiKeys.verify',
  returns: rowOf('api_keys', 'hash', 'scopes', 'expiresAt'),
  text: `
    SELECT k.hash, k.scopes, k.expires_at AS "expiresAt"
      FROM api_keys k JOIN users u ON u.id = k.user_id
     WHERE k.user_id = $1 AND k.id = $2 AND k.ended_at IS NULL AND u.disabled_at IS NULL`,
});

type KeyRow = Pick<Rows['api_keys'], 'hash' | 'scopes' | 'expiresAt'>;

/**
 * Verifies API keys: a malformed key costs nothing, a new one costs one query (shared by concurrent calls), and a
 * cached one a hash for some minutes. The cache contains no keys, only hashes.
 */
export function createKeyVerifier(
  db: Pick<Database, 'query'>,
  clock: Clock,
  log: Log,
  { rememberSeconds }: KeyVerifierOptions,
): KeyVerifier {
  const remembered = new LRUCache<string, Remembered>({ max: mostRemembered });
  /** An entry ends with its query, and the pool's timeouts bound queries. */
  const asking = new Map<string, Promise<Remembered>>();
  const note = recordUse(db, log);

  async function ask({ userId, id, hash }: BearerSecret, name: string): Promise<Remembered> {
    // The gate remembers revocations after this time, so it is taken before the lookup.
    const now = clock.now().getTime();
    const [row] = await db.query<KeyRow>(findKey, [userId, id]);
    if (row === undefined || !isSameHash(hash, Buffer.from(row.hash))) throw invalidKey();
    const expiresAt = Date.parse(row.expiresAt);
    if (expiresAt <= now) throw invalidKey();
    // A rotated key stays valid for `replacedHours`, so an entry that is cached for less is never stale.
    const expires = Math.min(expiresAt, now + replacedHours * 3_600_000);
    const caller = { id: userId, sessionId: id, expires, scopes: new Set(toScopes(row.scopes)) };
    const entry = { caller, until: Math.min(now + rememberSeconds * 1000, expires), notedAt: Number.NEGATIVE_INFINITY };
    remembered.set(name, entry);
    return entry;
  }

  function askOnce(text: string, name: string): Promise<Remembered> {
    const secret = readBearerSecret(text);
    if (secret === null) throw invalidKey();
    let answer = asking.get(name);
    if (answer === undefined) {
      answer = ask(secret, name).finally(() => asking.delete(name));
      asking.set(name, answer);
    }
    return answer;
  }

  function use(entry: Remembered, now: number, address: string | null): Caller {
    const { caller, notedAt } = entry;
    if (now - notedAt >= notedEveryMs) {
      entry.notedAt = now;
      note({ userId: caller.id, id: caller.sessionId, at: new Date(now).toISOString(), address });
    }
    return caller;
  }

  async function verifyAnew(text: string, name: string, address: string | null): Promise<Caller> {
    return use(await askOnce(text, name), clock.now().getTime(), address);
  }

  return {
    verify(key, address) {
      const text = key.slice(keyPrefix.length);
      const name = digest('sha256', text, 'base64url');
      const now = clock.now().getTime();
      const known = remembered.get(name);
      return known !== undefined && now < known.until ? use(known, now, address) : verifyAnew(text, name, address);
    },
  };
}
