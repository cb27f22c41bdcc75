import { toDomainError } from '@alice/api';
import type { TRPCError } from '@trpc/server';

/**
 * `Retry-After`, given where nothing at all was done, and only then: whoever sees it may send the same request again.
 * In a batch every call must have been refused so; each call's own error says the same of itself.
 */
export function retryHeaders(errors: readonly TRPCError[], calls: number): Record<string, string> {
  if (errors.length === 0 || errors.length < calls) return {};
  const seconds = errors.map((error) => toDomainError(error).retryAfterSeconds);
  const known = seconds.filter((value) => value !== undefined);
  return known.length === seconds.length ? { 'retry-after': String(Math.max(...known)) } : {};
}
