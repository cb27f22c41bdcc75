import type { Sealer } from '../crypto/seal.ts';

/**
 * What a request asks for: the procedure and its input as it came. Equal for the same bytes, different for any other. It is
 * kept, and an input may hold a password: so it is made with a key, and not by a hash that anybody can run through a list.
 */
export function hashRequest(sealer: Sealer, procedure: string, input: unknown): Buffer {
  return sealer.fingerprint(`${procedure} ${JSON.stringify(input) ?? ''}`);
}
