import type { Rows } from '@alice/db';
import { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { id } from '../../platform/schemas/ids.ts';
import { decodeCursor, type Page, pageOf } from '../../platform/schemas/keyset.ts';
import type { ListSessionsInput, SessionOut } from './schemas.ts';

const order = 'sessions.desc';
const shape = z.tuple([z.iso.datetime({ precision: 3 }), id]);

type SessionRow = Pick<Rows['sessions'], 'id' | 'userAgent' | 'address' | 'createdAt' | 'rotatedAt' | 'expiresAt'>;

/** $1 user, $2 now, $3 and $4 where the last page ended or null, $5 limit. */
const statement = {
  name: 'auth.listSessions',
  text: `
    SELECT s.id, s.user_agent AS "userAgent", s.address, s.created_at AS "createdAt", s.rotated_at AS "rotatedAt",
           s.expires_at AS "expiresAt"
      FROM sessions s
     WHERE s.user_id = $1 AND s.ended_at IS NULL AND s.expires_at > $2
       AND ($3::timestamptz IS NULL OR (s.created_at, s.id) < ($3, $4::uuid))
     ORDER BY s.created_at DESC, s.id DESC LIMIT $5`,
};

/** One page of the user's active sessions, newest first. */
export async function listSessions({ deps, user }: UserContext, input: ListSessionsInput): Promise<Page<SessionOut>> {
  const [createdAt, lastId] = input.cursor === undefined ? [null, null] : decodeCursor(input.cursor, order, shape);
  const now = deps.clock.now().toISOString();
  const rows = await deps.db.query<SessionRow>(statement, [user.id, now, createdAt, lastId, input.limit + 1]);
  return pageOf(
    rows,
    input.limit,
    ({ rotatedAt, ...session }) => ({ ...session, lastSeenAt: rotatedAt, isCurrent: session.id === user.sessionId }),
    (last) => ({ order, values: [last.createdAt, last.id] }),
  );
}
