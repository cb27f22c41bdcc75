import type { Sealer } from '../crypto/seal.ts';

/**
 * The hash of a request: its procedure and its raw input. It is stored, and an input may contain a password, so it is a
 * keyed hash: a plain hash could be attacked with a list of passwords.
 */
export function hashRequest(sealer: Sealer, procedure: string, input: unknown): Buffer {
  return sealer.fingerprint(`${procedure} ${JSON.stringify(input) ?? ''}`);
}
