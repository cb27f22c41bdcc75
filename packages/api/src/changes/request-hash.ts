import { createHash } from 'node:crypto';

/** What a request asks for: the procedure and its input as it came. Equal for the same bytes, different for any other. */
export function hashRequest(procedure: string, input: unknown): Buffer {
  return createHash('sha256')
    .update(`${procedure} ${JSON.stringify(input) ?? ''}`)
    .digest();
}
