import type { Operation } from '@trpc/client';
import { AliceError } from './alice-error.ts';
import type { Call, Send } from './call.ts';

/** Visible ASCII without a comma, which separates the keys of a batch. */
const wellFormed = /^[\x21-\x2b\x2d-\x7e]{1,255}$/;

/**
 * Adds an idempotency key to each mutation, the same for all attempts: the caller's, or a new one. With `null`, the
 * mutation has none. Rejects with VALIDATION_FAILED for an invalid key.
 */
export function withIdempotencyKey(send: Send): Send {
  return async (call) => {
    if (call.type === 'query') return send(call);
    return send({ ...call, context: { ...call.context, ...keyFor(call) } });
  };
}

function keyFor({ path, context }: Call): Call['context'] {
  const key = context['idempotencyKey'];
  // A refresh can be repeated without a key, but only for seconds: the token identifies it.
  if (key === null || path === 'auth.refresh') return { idempotencyKey: null };
  if (key === undefined) return { idempotencyKey: mintKey() };
  // Sent alone: the keys of a batch must differ, and the caller may use this key twice.
  if (typeof key === 'string' && wellFormed.test(key)) return { idempotencyKey: key, skipBatch: true };
  const message = 'must be 1 to 255 visible ASCII characters without a comma';
  throw new AliceError('VALIDATION_FAILED', `The idempotency key ${message}`, {
    errors: [{ path: 'Idempotency-Key', message }],
  });
}

/** A page without HTTPS has no `randomUUID`. */
function mintKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export function hasIdempotencyKey({ context }: Pick<Call, 'context'>): boolean {
  return typeof context['idempotencyKey'] === 'string';
}

/** The header with the keys of a request's calls, in order. */
export function idempotencyKeys(operations: readonly Operation[]): { 'idempotency-key'?: string } {
  const keyed = operations.filter((operation) => operation.type === 'mutation' && hasIdempotencyKey(operation));
  if (keyed.length === 0) return {};
  return { 'idempotency-key': keyed.map(({ context }) => context['idempotencyKey']).join(', ') };
}
