import { type DomainError, invalidInput } from '@alice/api';

const wellFormed = /^[\x21-\x2b\x2d-\x7e]{1,255}$/;

/**
 * The idempotency keys of a request, one for each of its `calls`, in order and separated by commas; quotes around a key
 * (an sf-string) are ignored. Null without the header. Throws VALIDATION_FAILED.
 */
export function readIdempotencyKeys(header: string | undefined, calls: number): readonly string[] | null {
  if (header === undefined) return null;
  const keys = header.split(',').map((key) => key.trim().replace(/^"(.*)"$/, '$1'));
  if (keys.length !== calls)
    throw malformed(calls === 1 ? 'must be a single key' : `must have ${calls} keys, one for each call`);
  if (!keys.every((key) => wellFormed.test(key)))
    throw malformed('must be 1 to 255 visible ASCII characters without a comma');
  if (new Set(keys).size < keys.length) throw malformed('must have a different key for each call');
  return keys;
}

function malformed(message: string): DomainError {
  return invalidInput([{ path: 'Idempotency-Key', message }]);
}
