import { parse, stringify, validate } from 'uuid';
import type { Deps } from '../../../deps.ts';

/** Whose passkeys they are: the host of this service, whatever the port. */
export function relyingPartyId({ url }: Deps['site']): string {
  return new URL(url).hostname;
}

/** COSE's Ed25519, ES256 and RS256: what authenticators have. What Node.js calls experimental is not offered. */
export const algorithms = [-8, -7, -257];

/** How long a person may take, as browsers are told. */
export const timeoutMs = 300_000;

/** A person as an authenticator keeps them: the bytes of the id, which say nothing of who it is. */
export function toUserHandle(userId: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parse(userId));
}

/** Whose handle it is; null where it is nobody's. */
export function fromUserHandle(handle: string): string | null {
  const bytes = Buffer.from(handle, 'base64url');
  if (bytes.length !== 16) return null;
  const hex = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return validate(hex) ? stringify(bytes) : null;
}
