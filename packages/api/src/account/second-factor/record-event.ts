import type { RunQuery } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { Context } from '../../context.ts';
import type { NewLine } from '../../platform/history/add-line.ts';
import { recordAttempt } from '../activity/record-attempt.ts';

export interface SecurityEvent {
  readonly userId: string;
  /** The session of the call; null if nobody is signed in. */
  readonly sessionId: string | null;
  readonly action: 'second_factor_failed' | 'recovery_code_used' | 'renew_recovery_codes' | 'passkey_cloned';
  /** The entity of the event, unless it is a sign-in. */
  readonly about?: Pick<NewLine, 'entity' | 'entityId'>;
  readonly after?: Readonly<Record<string, unknown>>;
}

/** Writes an activity entry for an event that changes none of the user's rows. */
export async function recordEvent({ deps, request }: Context, event: SecurityEvent, query?: RunQuery): Promise<void> {
  const { userId, sessionId, action, about = { entity: 'session', entityId: uuidv7() }, after } = event;
  const line = {
    ...about,
    userId,
    actorId: userId,
    sessionId,
    action,
    after: { address: request.address, ...after },
    isOnce: false,
  };
  const write = (run: RunQuery) => recordAttempt(deps, line, run);
  await (query === undefined ? deps.db.transaction((tx) => write(tx.query)) : write(query));
}
