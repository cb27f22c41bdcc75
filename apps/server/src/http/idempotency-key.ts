import { type DomainError, invalidInput } from '@alice/api';

const wellFormed = /^[\x21-\x2b\x2d-\x7e]{1,255}$/;

/**
 * The idempotency keys of a request, one for each of its `calls`, in their order and separated by commas; quotes around
 * one (an sf-string) do not count. Null when there is no such header. Throws VALIDATION_FAILED.
 */
export function readIdempotencyKeys(header: string | undefined, calls: number): readonly string[] | null {
  if (header === undefined) return null;
  const keys = header.split(',').map((key) => key.trim().replace(/^"(.*)"$/, '$1'));
  if (keys.length !== calls)
    throw malformed(calls === 1 ? 'must be one key' : `must be ${calls} keys, one for each call`);
  if (!keys.every((key) => wellFormed.test(key)))
    throw malformed('must be 1 to 255 visible ASCII characters, no comma');
  if (new Set(keys).size < keys.length) throw malformed('must be a different key for each call');
  return keys;
}

function malformed(message: string): DomainError {
  return invalidInput([{ path: 'Idempotency-Key', message }]);
}
