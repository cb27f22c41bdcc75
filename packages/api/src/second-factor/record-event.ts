import type { RunQuery } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import { lockPerson } from '../auth/find-account.ts';
import { addLine, type NewLine } from '../changes/add-line.ts';
import type { Context } from '../context.ts';

/** Whoever guesses on does not fill the person's history. */
const mostPerHour = 20;
const hourMs = 3_600_000;

export interface SecurityEvent {
  readonly userId: string;
  /** Where it came from; null: from nobody who is signed in. */
  readonly sessionId: string | null;
  readonly action: 'second_factor_failed' | 'recovery_code_used' | 'renew_recovery_codes' | 'passkey_cloned';
  /** What it is about, unless it is a sign-in. */
  readonly about?: Pick<NewLine, 'entity' | 'entityId'>;
  readonly after?: Readonly<Record<string, unknown>>;
}

/** Writes a line into the person's history for something that changes none of their rows. */
export async function recordEvent({ deps, request }: Context, event: SecurityEvent, query?: RunQuery): Promise<void> {
  const { userId, sessionId, action, about = { entity: 'session', entityId: uuidv7() }, after } = event;
  const now = deps.clock.now();
  const line: NewLine = {
    ...about,
    userId,
    actorId: userId,
    sessionId,
    action,
    after: { address: request.address, ...after },
    at: now.toISOString(),
    isOnce: false,
    atMost: { count: mostPerHour, since: new Date(now.getTime() - hourMs).toISOString() },
  };
  const write = async (run: RunQuery) => {
    await lockPerson(userId, run);
    await addLine(run, line);
  };
  await (query === undefined ? deps.db.transaction((tx) => write(tx.query)) : write(query));
}
