import type { Context } from '../context.ts';
import { recordEvent } from '../second-factor/record-event.ts';
import type { Question } from './read-challenge.ts';

/** The passkey, and the address of the account that it belongs to. */
interface Copied {
  readonly id: string;
  readonly userId: string;
  readonly email: string;
}

/** Notes in the person's history, and in the log, that a copy of a passkey was used. */
export async function recordCopy(ctx: Context, { id, userId, email }: Copied, expected: Question): Promise<void> {
  const { deps, request } = ctx;
  const { sessionId } = expected;
  request.log.warn({ userId, passkeyId: id }, 'a copy of a passkey was used');
  if (sessionId === null) {
    const about = { entity: 'passkey', entityId: id } as const;
    return recordEvent(ctx, { userId, sessionId, action: 'passkey_cloned', about });
  }
  const { address, userAgent } = request;
  const at = deps.clock.now().toISOString();
  const copied = { email, action: 'passkey_cloned', passkey: { id, sessionId }, address, userAgent, at } as const;
  // Not waited for: under an idempotency key this runs in a transaction, which the refusal takes back.
  deps.jobs.send('failed-sign-in', copied).catch((error: unknown) => {
    request.log.warn({ err: error }, 'could not note that a passkey has a copy');
  });
}
