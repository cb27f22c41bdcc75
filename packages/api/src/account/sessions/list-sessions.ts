import { toWire } from '@alice/db';
import { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { id } from '../../platform/schemas/ids.ts';
import { decodeCursor, type Page, pageOf } from '../../platform/schemas/keyset.ts';
import type { ListSessionsInput, SessionOut } from './schemas.ts';

const order = 'sessions.desc';
const shape = z.tuple([z.iso.datetime({ precision: 3 }), id]);

const shownColumns = {
  id: true,
  userAgent: true,
  address: true,
  createdAt: true,
  rotatedAt: true,
  expiresAt: true,
} as const;

/** One page of the user's active sessions, newest first. */
export async function listSessions({ deps, user }: UserContext, input: ListSessionsInput): Promise<Page<SessionOut>> {
  const rows = await deps.db.prisma.session.findMany({
    where: { userId: user.id, endedAt: null, expiresAt: { gt: deps.clock.now() }, ...startOfPage(input.cursor) },
    select: shownColumns,
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    take: input.limit + 1,
  });
  return pageOf(
    rows.map(toWire),
    input.limit,
    ({ rotatedAt, ...session }) => ({ ...session, lastSeenAt: rotatedAt, isCurrent: session.id === user.sessionId }),
    (last) => ({ order, values: [last.createdAt, last.id] }),
  );
}

/** The sessions after the end of the last page. */
function startOfPage(cursor: string | undefined) {
  if (cursor === undefined) return {};
  const [createdAt, lastId] = decodeCursor(cursor, order, shape);
  return { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: lastId } }] };
}
