import type { SessionEnd } from '@alice/db/models';
import { sessions } from '../changes/tables.ts';
import { updateRow } from '../changes/update-row.ts';
import type { Context, Identity } from '../context.ts';

/** Ends a session, here at once and on every other process within a second; one that has ended stays as it is. */
export async function endSession(ctx: Context, user: Identity, reason: SessionEnd): Promise<void> {
  const { deps } = ctx;
  await updateRow({ deps, user }, sessions, {
    id: user.sessionId,
    action: reason,
    set: { endReason: reason },
    onlyIf: '(p.r).end_reason IS NULL',
  });
  deps.sessions.end(user.sessionId);
}
