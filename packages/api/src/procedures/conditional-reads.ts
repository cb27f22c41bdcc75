import { TRPCError } from '@trpc/server';
import type { HeldCopy } from '../context.ts';
import type { ChangeFeed } from '../platform/events/change-feed.ts';

/** What the client holds is still right: no failure, and made once, since it is thrown instead of reading anything. */
export const notModified = new TRPCError({ code: 'PRECONDITION_FAILED', message: 'Not modified' });

/** Throws `notModified` where the copy that a client holds was made at the person's latest change. */
export async function requireModified(held: HeldCopy, changes: ChangeFeed, userId: string): Promise<void> {
  if (held.isOf(userId, await changes.latest(userId))) throw notModified;
}
