import { parse, stringify, validate } from 'uuid';
import type { Deps } from '../../../deps.ts';

/** The relying party id: the host name of this service, without the port. */
export function relyingPartyId({ url }: Deps['site']): string {
  return new URL(url).hostname;
}

/**
 * COSE's Ed25519, ES256 and RS256, which authenticators support. Algorithms that Node.js calls experimental are left
 * out.
 */
export const algorithms = [-8, -7, -257];

/** The timeout that browsers get. */
export const timeoutMs = 300_000;

/** The WebAuthn user handle: the bytes of the user id, which reveal nothing about the user. */
export function toUserHandle(userId: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parse(userId));
}

/** The user id of a handle; null if it is malformed. */
export function fromUserHandle(handle: string): string | null {
  const bytes = Buffer.from(handle, 'base64url');
  if (bytes.length !== 16) return null;
  const hex = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return validate(hex) ? stringify(bytes) : null;
}
