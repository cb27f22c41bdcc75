import { claimed, sql, types } from '@alice/db';
import { z } from 'zod';
import type { UserContext } from '../../../context.ts';
import { notFound } from '../../../errors/domain-error.ts';
import { fieldName } from '../../../platform/history/columns.ts';
import { decodeCursor, type Page, pageOf } from '../../../platform/schemas/keyset.ts';
import { tasks } from '../entity.ts';
import type { TaskHistoryEntryOut, TaskHistoryInput } from './schemas.ts';

const order = 'number.desc';
const shape = z.tuple([z.string().regex(/^\d{1,16}$/)]);

type Columns = Readonly<Record<string, unknown>>;

interface LineRow {
  readonly number: number;
  readonly group: number | null;
  readonly happenedAt: string;
  readonly action: string;
  readonly actorId: string;
  readonly sessionId: string | null;
  readonly keyName: string | null;
  readonly userAgent: string | null;
  readonly isKey: boolean;
  readonly isSession: boolean;
  readonly before: Columns | null;
  readonly after: Columns | null;
}

/**
 * $1 user, $2 task, $3 where the last page ended or null, $4 limit. The numbers come from the index on the row's entries;
 * only those of the page are read.
 */
const statement = sql({
  name: 'tasks.history',
  returns: claimed<LineRow>({
    number: types.number,
    group: types.orNull(types.number),
    happenedAt: types.instant,
    action: types.text,
    actorId: types.uuid,
    sessionId: types.orNull(types.uuid),
    keyName: types.orNull(types.text),
    userAgent: types.orNull(types.text),
    isKey: types.boolean,
    isSession: types.boolean,
    before: types.orNull(types.json()),
    after: types.orNull(types.json()),
  }),
  text: `
    WITH page AS MATERIALIZED (
      SELECT number FROM activity
       WHERE user_id = $1 AND entity = 'task' AND entity_id = $2 AND ($3::bigint IS NULL OR number < $3)
       ORDER BY number DESC LIMIT $4
    )
    SELECT a.number, a.group_number AS "group", a.at AS "happenedAt", a.action, a.actor_id AS "actorId",
           a.session_id AS "sessionId", k.name AS "keyName", s.user_agent AS "userAgent", k.id IS NOT NULL AS "isKey",
           s.id IS NOT NULL AS "isSession", a.before, a.after
      FROM page p JOIN activity a ON a.user_id = $1 AND a.number = p.number
      LEFT JOIN sessions s ON s.user_id = $1 AND s.id = a.session_id
      LEFT JOIN api_keys k ON k.user_id = $1 AND k.id = a.session_id
     ORDER BY a.number DESC`,
});

/**
 * One page of the changes of a task, newest first, also of a deleted one. Throws NOT_FOUND for a task that never was, or
 * was deleted permanently and whose history is gone.
 */
export async function listTaskHistory(ctx: UserContext, input: TaskHistoryInput): Promise<Page<TaskHistoryEntryOut>> {
  const { id, limit, cursor } = input;
  const [before] = cursor === undefined ? [null] : decodeCursor(cursor, order, shape);
  const rows = await ctx.deps.db.query<LineRow>(statement, [ctx.user.id, id, before, limit + 1]);
  if (rows.length === 0 && cursor === undefined) throw notFound('task');
  return pageOf(
    rows,
    limit,
    (line) => toEntry(line, ctx.user.id),
    (last) => ({ order, values: [String(last.number)] }),
  );
}

/** Columns that say nothing to a user: the keys of the row, and what every change sets. */
const unsaid: ReadonlySet<string> = new Set(['id', 'user_id', 'version', 'created_at', 'updated_at', 'due_by']);

function toEntry(line: LineRow, userId: string): TaskHistoryEntryOut {
  const { number, group, happenedAt, action, actorId, before, after } = line;
  return {
    number,
    group,
    happenedAt,
    action,
    actor: actorId === userId ? 'you' : 'administrator',
    via: actorId === userId ? viaOf(line) : null,
    changes: changesBetween(before, after ?? {}),
  };
}

function viaOf({ sessionId, isKey, isSession, keyName, userAgent }: LineRow): TaskHistoryEntryOut['via'] {
  if (sessionId === null) return null;
  if (isKey) return { kind: 'api_key', id: sessionId, name: keyName };
  return isSession ? { kind: 'session', id: sessionId, name: userAgent } : null;
}

function changesBetween(before: Columns | null, after: Columns): TaskHistoryEntryOut['changes'] {
  return Object.keys(after)
    .filter((column) => !unsaid.has(column) && (before !== null || isSet(after[column])))
    .map((column) => ({
      field: fieldName(tasks.formerColumns[column] ?? column),
      from: before?.[column] ?? null,
      to: after[column] ?? null,
    }))
    .sort((one, other) => (one.field < other.field ? -1 : 1));
}

function isSet(value: unknown): boolean {
  return value !== null && value !== '' && !(Array.isArray(value) && value.length === 0);
}
