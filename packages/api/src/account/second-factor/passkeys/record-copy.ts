import type { Context } from '../../../context.ts';
import { sendFailureAside } from '../../sign-in/send-failed-sign-in.ts';
import { recordEvent } from '../record-event.ts';
import type { Question } from './read-challenge.ts';

/** The passkey, and the email address of its account. */
interface Copied {
  readonly id: string;
  readonly userId: string;
  readonly email: string;
}

/** Records in the security history, and in the log, that a cloned passkey was used. */
export async function recordCopy(ctx: Context, { id, userId, email }: Copied, expected: Question): Promise<void> {
  const { sessionId } = expected;
  ctx.request.log.warn({ userId, passkeyId: id }, 'a cloned passkey was used');
  if (sessionId === null) {
    const about = { entity: 'passkey', entityId: id } as const;
    return recordEvent(ctx, { userId, sessionId, action: 'passkey_cloned', about });
  }
  sendFailureAside(ctx, email, { action: 'passkey_cloned', passkey: { id, sessionId } });
}
