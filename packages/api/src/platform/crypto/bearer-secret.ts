import { createHash, timingSafeEqual } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { parse, stringify, validate } from 'uuid';

/**
 * A bearer token that is shown once and stored as a hash: API keys and the tokens in mails. It contains the key of its
 * row (user and id), so that it can find only that row, and 256 random bits.
 */
export interface BearerSecret {
  readonly userId: string;
  readonly id: string;
  /** The SHA-256 of the whole token, which is stored. */
  readonly hash: Buffer;
}

const idBytes = 16;
const randomBytes = 32;
const checkBytes = 4;
const wholeBytes = 2 * idBytes + randomBytes + checkBytes;

/** Creates a token: base64url of user, id, random bits and a CRC-32, which detects typing errors without a query. */
export function makeBearerSecret(
  userId: string,
  id: string,
  random: (size: number) => Buffer,
): { readonly text: string; readonly hash: Buffer } {
  const body = Buffer.concat([parse(userId), parse(id), random(randomBytes)]);
  const text = Buffer.concat([body, checkOf(body)]).toString('base64url');
  return { text, hash: hashOf(text) };
}

/** Parses a token; null if it is malformed. */
export function readBearerSecret(text: string): BearerSecret | null {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== wholeBytes || bytes.toString('base64url') !== text) return null;
  const body = bytes.subarray(0, -checkBytes);
  if (!checkOf(body).equals(bytes.subarray(-checkBytes))) return null;
  const ids = [body.subarray(0, idBytes), body.subarray(idBytes, 2 * idBytes)].map(toUuid);
  const [userId, id] = ids;
  return userId == null || id == null ? null : { userId, id, hash: hashOf(text) };
}

/** Compares hashes in constant time. */
export function isSameHash(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function toUuid(bytes: Buffer): string | null {
  const text = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return validate(text) ? stringify(bytes) : null;
}

function checkOf(body: Buffer): Buffer {
  const check = Buffer.alloc(checkBytes);
  check.writeUInt32BE(crc32(body));
  return check;
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
