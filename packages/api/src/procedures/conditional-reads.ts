import { TRPCError } from '@trpc/server';
import type { HeldCopy } from '../context.ts';
import type { ChangeFeed } from '../platform/events/change-feed.ts';

/**
 * The client's cached copy is current. Not an error; created once, since it is thrown instead of running the procedure.
 */
export const notModified = new TRPCError({ code: 'PRECONDITION_FAILED', message: 'Not modified' });

/** Throws `notModified` if the client's cached copy was made at the user's latest change. */
export async function requireModified(held: HeldCopy, changes: ChangeFeed, userId: string): Promise<void> {
  if (held.isOf(userId, await changes.latest(userId))) throw notModified;
}
