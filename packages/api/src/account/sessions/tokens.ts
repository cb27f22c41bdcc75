import { createHash, createHmac, createSecretKey, type KeyObject, type webcrypto } from 'node:crypto';
import { type JWTHeaderParameters, errors as joseErrors, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import type { Caller } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import type { Clock } from '../../platform/runtime/clock.ts';

const issuer = 'alice';
const audience = 'alice';
const clockToleranceSeconds = 5;
/**
 * Clocks of processes may differ by 10 s. The signer of a token chooses its time, so a shorter tolerance would add no
 * security.
 */
const earlySeconds = 10 + clockToleranceSeconds;
const rememberedTokens = 10_000;
/** `alg`, `typ` and `kid`. */
const headerSize = 3;

/**
 * Three base64url parts, the last one a complete HMAC-SHA-256 in its canonical form. Decoders also accept white space,
 * the other alphabet and trailing bits, so one token would have many spellings.
 */
const compact = /^[\w-]{1,1000}\.[\w-]{1,1000}\.[\w-]{42}[AEIMQUYcgkosw048]$/;

/**
 * The claims in exactly the form in which we write them: decoders also accept `1e400`, fractions and strings as
 * numbers.
 */
const claimsOf = (typ: 'access' | 'refresh') =>
  z.object({
    typ: z.literal(typ),
    iss: z.literal(issuer),
    aud: z.literal(audience),
    sub: z.uuid(),
    sid: z.uuid(),
    jti: z.string().length(22),
    iat: z.int(),
    exp: z.int(),
    gen: typ === 'refresh' ? z.int().min(1) : z.undefined().optional(),
  });
const claims = { access: claimsOf('access'), refresh: claimsOf('refresh') };

export interface TokenOptions {
  /**
   * At least 32 bytes each. The first key signs, all keys verify, so that a key can be rotated without signing users
   * out.
   */
  readonly secrets: readonly [string, ...string[]];
  readonly accessMinutes: number;
  readonly refreshDays: number;
  /** The maximum lifetime of a session after the sign-in, however often it is refreshed. */
  readonly sessionDays: number;
}

/** The part of a session from which its tokens are derived. */
export interface TokenSubject {
  readonly userId: string;
  readonly id: string;
  readonly generation: number;
  readonly createdAt: Date;
  readonly rotatedAt: Date;
}

export interface TokenPair {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: string;
  readonly refreshToken: string;
  readonly refreshTokenExpiresAt: string;
}

export interface RefreshClaims {
  readonly userId: string;
  readonly sessionId: string;
  readonly generation: number;
}

export interface TokenIssuer {
  readonly accessSeconds: number;
  /**
   * The tokens of one generation of a session. They are deterministic, so the successor of a refresh token can be
   * returned again without being stored.
   */
  issue(session: TokenSubject): Promise<TokenPair>;
  /**
   * The tokens that this generation has already got, whose refresh token has this hash: another process may have signed
   * them with another key. Null if none of the keys here did.
   */
  issueAgain(session: TokenSubject, refreshHash: Buffer): Promise<TokenPair | null>;
  /**
   * Verifies an access token. Throws UNAUTHENTICATED. It does not check whether the session has ended: the session gate
   * does.
   */
  verifyAccess(token: string): Caller | Promise<Caller>;
  /** Verifies a refresh token. Throws UNAUTHENTICATED. */
  verifyRefresh(token: string): Promise<RefreshClaims>;
  /** The expiry of a refresh token: some days after its last use, but not after the end of the session. */
  refreshExpiry(session: Pick<TokenSubject, 'createdAt' | 'rotatedAt'>): Date;
}

/** A token that is issued in the future: the clock of this process is behind that of the signer. */
export class EarlyTokenError extends DomainError {
  constructor(typ: 'access' | 'refresh') {
    super('UNAUTHENTICATED', `The ${typ} token is not valid yet: the clocks of this service differ`);
  }
}

/** The stored hash of a refresh token. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

const dayMs = 86_400_000;
const unix = (at: Date): number => Math.floor(at.getTime() / 1000);
const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();

/** Issues and verifies JWTs: HS256 only; `iss`, `aud`, `exp`, `typ` and `kid` are always checked (RFC 8725). */
export function createTokenIssuer(options: TokenOptions, clock: Clock): TokenIssuer {
  const signers = options.secrets.map(toSigner);
  const keys = new Map(signers.map(({ kid, key }) => [kid, key]));
  const signer = toSigner(options.secrets[0]);
  const accessSeconds = options.accessMinutes * 60;
  // Verified tokens are cached until they expire: a lookup is cheaper than a WebCrypto call.
  const verified = new LRUCache<string, Caller>({ max: rememberedTokens });

  async function issueBy(by: Signer, session: TokenSubject): Promise<TokenPair> {
    const refreshExpires = unix(refreshExpiry(session));
    const accessExpires = Math.min(unix(session.rotatedAt) + accessSeconds, refreshExpires);
    const [accessToken, refreshToken] = await Promise.all([
      sign(by, 'access', session, accessExpires),
      sign(by, 'refresh', session, refreshExpires),
    ]);
    return {
      accessToken,
      accessTokenExpiresAt: iso(accessExpires),
      refreshToken,
      refreshTokenExpiresAt: iso(refreshExpires),
    };
  }

  function sign(
    { kid, key, idKey }: Signer,
    typ: 'access' | 'refresh',
    session: TokenSubject,
    expires: number,
  ): Promise<string> {
    const name = `${typ}:${session.userId}:${session.id}:${session.generation}`;
    const jti = createHmac('sha256', idKey).update(name).digest('base64url').slice(0, 22);
    return new SignJWT({ typ, sid: session.id, ...(typ === 'refresh' ? { gen: session.generation } : {}) })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT', kid })
      .setSubject(session.userId)
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(unix(session.rotatedAt))
      .setExpirationTime(expires)
      .setJti(jti)
      .sign(key);
  }

  async function verify(token: string, typ: 'access' | 'refresh') {
    try {
      if (!compact.test(token)) throw notValid(typ);
      const now = clock.now();
      const { payload } = await jwtVerify(token, (header) => keyFor(keys, header, typ), {
        algorithms: ['HS256'],
        typ: 'JWT',
        issuer,
        audience,
        clockTolerance: clockToleranceSeconds,
        currentDate: now,
        requiredClaims: ['sub', 'sid', 'jti', 'iat', 'exp'],
      });
      const read = claims[typ].safeParse(payload);
      if (!read.success) throw notValid(typ);
      if (read.data.iat > unix(now) + earlySeconds) throw new EarlyTokenError(typ);
      const { sub, sid, exp, gen = 0 } = read.data;
      return { userId: sub, sessionId: sid, expires: exp, generation: gen };
    } catch (error) {
      if (error instanceof DomainError) throw error;
      const expired = error instanceof joseErrors.JWTExpired;
      throw expired ? new DomainError('UNAUTHENTICATED', `The ${typ} token has expired`) : notValid(typ);
    }
  }

  async function verifyAnew(token: string): Promise<Caller> {
    const { userId, sessionId, expires } = await verify(token, 'access');
    const identity = { id: userId, sessionId, expires: (expires + clockToleranceSeconds) * 1000, scopes: null };
    verified.set(token, identity);
    return identity;
  }

  function refreshExpiry({ createdAt, rotatedAt }: Pick<TokenSubject, 'createdAt' | 'rotatedAt'>): Date {
    const sliding = rotatedAt.getTime() + options.refreshDays * dayMs;
    return new Date(Math.min(sliding, createdAt.getTime() + options.sessionDays * dayMs));
  }

  return {
    accessSeconds,
    refreshExpiry,
    issue: (session) => issueBy(signer, session),
    async issueAgain(session, refreshHash) {
      for (const by of signers) {
        const pair = await issueBy(by, session);
        if (hashToken(pair.refreshToken).equals(refreshHash)) return pair;
      }
      return null;
    },
    verifyAccess(token) {
      const known = verified.get(token);
      return known !== undefined && known.expires > clock.now().getTime() ? known : verifyAnew(token);
    },
    async verifyRefresh(token) {
      const { userId, sessionId, generation } = await verify(token, 'refresh');
      return { userId, sessionId, generation };
    },
  };
}

/** Imported keys: with raw bytes, each use would import them again. */
interface Signer {
  readonly kid: string;
  readonly key: webcrypto.CryptoKey;
  /** The same key, for `jti`. */
  readonly idKey: KeyObject;
}

function toSigner(secret: string): Signer {
  const idKey = createSecretKey(secret, 'utf8');
  const key = idKey.toCryptoKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  return { kid: keyId(secret), key, idKey };
}

/** The public id of a key; it reveals nothing about the key. */
function keyId(secret: string): string {
  return createHash('sha256').update(`alice kid ${secret}`).digest('hex').slice(0, 8);
}

/** Finds the key by its id only. A header with additional fields is not one of ours. */
function keyFor(
  keys: ReadonlyMap<string, webcrypto.CryptoKey>,
  header: JWTHeaderParameters,
  typ: 'access' | 'refresh',
): webcrypto.CryptoKey {
  const key = keys.get(header.kid ?? '');
  if (key === undefined || Object.keys(header).length !== headerSize) throw notValid(typ);
  return key;
}

function notValid(typ: 'access' | 'refresh'): DomainError {
  return new DomainError('UNAUTHENTICATED', `Invalid ${typ} token`);
}
