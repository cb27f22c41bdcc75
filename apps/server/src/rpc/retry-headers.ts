import { toDomainError } from '@alice/api';
import type { TRPCError } from '@trpc/server';

/**
 * `Retry-After`, sent only if the request changed nothing: the client may repeat it. In a batch, every call must have
 * failed that way; the error of each call has the same information.
 */
export function retryHeaders(errors: readonly TRPCError[], calls: number): Record<string, string> {
  if (errors.length === 0 || errors.length < calls) return {};
  const seconds = errors.map((error) => toDomainError(error).retryAfterSeconds);
  const known = seconds.filter((value) => value !== undefined);
  return known.length === seconds.length ? { 'retry-after': String(Math.max(...known)) } : {};
}
