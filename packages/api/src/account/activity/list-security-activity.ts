import { claimed, sql, types } from '@alice/db';
import { ActivityEntity } from '@alice/db/models';
import { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { fieldName, quoted, secretColumns } from '../../platform/history/columns.ts';
import { decodeCursor, type Page, pageOf } from '../../platform/schemas/keyset.ts';
import { accountEntities } from '../entities.ts';
import { type ListSecurityActivityInput, type SecurityEventOut, securityEntity } from './schemas.ts';

const order = 'number.desc';
const shape = z.tuple([z.string().regex(/^\d{1,16}$/)]);

type Columns = Readonly<Record<string, unknown>>;

interface LineRow extends Pick<SecurityEventOut, 'number' | 'happenedAt' | 'action' | 'entity' | 'entityId'> {
  readonly actorId: string;
  readonly sessionId: string | null;
  readonly userAgent: string | null;
  readonly address: string | null;
  readonly before: Columns | null;
  readonly after: Columns | null;
}

/**
 * $1 user, $2 where the last page ended or null, $3 limit. Reads the entries by entity, along that index: few entries
 * of a long history are security events, and a scan by number would read all others.
 */
export const statement = sql({
  name: 'activity.security',
  returns: claimed<LineRow>({
    number: types.number,
    happenedAt: types.instant,
    action: types.text,
    entity: types.oneOf(Object.values(ActivityEntity)),
    entityId: types.uuid,
    actorId: types.uuid,
    sessionId: types.orNull(types.uuid),
    userAgent: types.orNull(types.text),
    address: types.orNull(types.text),
    before: types.orNull(types.json()),
    after: types.orNull(types.json()),
  }),
  text: `
    WITH found AS MATERIALIZED (
      SELECT number FROM activity
       WHERE user_id = $1 AND entity IN (${quoted(securityEntity.options)})
         AND ($2::bigint IS NULL OR number < $2)
    ), page AS MATERIALIZED (
      SELECT number FROM found ORDER BY number DESC LIMIT $3
    )
    SELECT a.number, a.at AS "happenedAt", a.action, a.entity, a.entity_id AS "entityId", a.actor_id AS "actorId",
           a.session_id AS "sessionId", s.user_agent AS "userAgent", s.address, a.before, a.after
      FROM page p JOIN activity a ON a.user_id = $1 AND a.number = p.number
      LEFT JOIN sessions s ON s.user_id = $1 AND s.id = a.session_id
     ORDER BY a.number DESC`,
});

/** One page of the user's security events, newest first. */
export async function listSecurityActivity(
  ctx: UserContext,
  input: ListSecurityActivityInput,
): Promise<Page<SecurityEventOut>> {
  const [before] = input.cursor === undefined ? [null] : decodeCursor(input.cursor, order, shape);
  const rows = await ctx.deps.db.query<LineRow>(statement, [ctx.user.id, before, input.limit + 1]);
  return pageOf(
    rows,
    input.limit,
    (line) => toEvent(line, ctx.user.id),
    (last) => ({ order, values: [String(last.number)] }),
  );
}

/** Events whose actor is not authenticated, or is only apparently the user. */
const unproven: ReadonlySet<string> = new Set(['failed_login', 'second_factor_failed', 'passkey_cloned']);

function toEvent(line: LineRow, userId: string): SecurityEventOut {
  const { number, happenedAt, action, entity, entityId } = line;
  const isUnproven = line.sessionId === null && unproven.has(action);
  const actor = isUnproven ? 'unknown' : line.actorId === userId ? 'you' : 'administrator';
  return {
    number,
    happenedAt,
    action,
    entity,
    entityId,
    actor,
    // The session of an administrator is not shown to the user.
    sessionId: actor === 'administrator' ? null : line.sessionId,
    // A failed sign-in has no session: its entry contains the address.
    userAgent: line.userAgent ?? textOf(line.after?.['user_agent'] ?? line.after?.['userAgent']),
    address: line.address ?? textOf(line.after?.['address']),
    details: detailsOf(line),
  };
}

/** Columns that every row has and that mean nothing to a user. */
const unsaid: ReadonlySet<string> = new Set([
  'id',
  'user_id',
  'version',
  'created_at',
  'updated_at',
  'generation',
  'rotated_at',
]);

/** Entries contain no secrets. Columns that have become secret since are left out here. */
const secrets: ReadonlyMap<string, readonly string[]> = new Map(
  accountEntities.map((entity) => [entity.name, secretColumns(entity)]),
);

function detailsOf({ entity, before, after }: LineRow): SecurityEventOut['details'] {
  const details: [string, [string | null, string | null]][] = [];
  for (const column of new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])) {
    if (unsaid.has(column) || secrets.get(entity)?.includes(column)) continue;
    const [was, is] = [textOf(before?.[column]), textOf(after?.[column])];
    if (was !== is) details.push([fieldName(column), [was, is]]);
  }
  return Object.fromEntries(details);
}

function textOf(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
