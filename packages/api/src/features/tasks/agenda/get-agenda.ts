import { claimed, outer, type Rows, rowOf, sql, types } from '@alice/db';
import type { UserContext } from '../../../context.ts';
import { notFound } from '../../../errors/domain-error.ts';
import { selectRow } from '../../../platform/history/columns.ts';
import { zonedTime } from '../../../platform/runtime/zoned-time.ts';
import { tasks } from '../entity.ts';
import { toTask } from '../to-task.ts';
import type { AgendaInput, AgendaOut, AgendaTaskOut } from './schemas.ts';

/** More tasks than these are no plan for a few days. */
const mostTasks = 200;

type Kind = 'due' | 'available' | 'carriedOver';

interface Span {
  readonly timeZone: string;
  readonly weekStart: Rows['users']['weekStart'];
  readonly today: string;
  readonly from: string;
  readonly days: readonly string[];
}

type AgendaTaskRow = Omit<Rows['tasks'], 'notes'>;

/** The span is in every row. An agenda without tasks has one row, whose other columns are null. */
type AgendaRow = Span & { readonly kind: Kind; readonly day: string } & AgendaTaskRow;

const open = `t.user_id = $1 AND t.status IN ('todo', 'in_progress') AND t.deleted_at IS NULL`;
const columns = selectRow({ table: tasks.table, secret: ['notes'] }, 't');
/** A due time in a zone of its own falls on the day that the user has then. */
const localDay = `CASE WHEN t.due_time_zone IS NULL THEN t.due_date
                       ELSE (t.due_by AT TIME ZONE t.due_time_zone AT TIME ZONE s.zone)::date END`;
/** Days in different zones are at most two apart. */
const dueRows = (kind: Kind, days: string, order: 'ASC' | 'DESC') => `
    SELECT '${kind}' AS kind, d.day, ${columns}
      FROM span s, LATERAL (
        SELECT t.*, ${localDay} AS day FROM tasks t
         WHERE ${open} AND t.due_date IS NOT NULL AND ${days}
         ORDER BY t.due_by ${order}, t.id ${order} LIMIT ${mostTasks + 1}
      ) d, LATERAL (SELECT d.*) t`;

/** $1 user, $2 now, $3 first day or null, $4 days. */
const { notes: _, ...shape } = rowOf('tasks');

const statement = sql({
  name: 'tasks.agenda',
  returns: claimed<AgendaRow>({
    ...rowOf('users', 'timeZone', 'weekStart'),
    today: types.date,
    from: types.date,
    days: types.dates,
    ...outer({ kind: types.text, day: types.date, ...shape }),
  }),
  text: `
    WITH span AS MATERIALIZED (
      SELECT u.time_zone AS zone, u.week_start, p.today, p.first, p.first + $4::int - 1 AS last
        FROM users u, LATERAL (
          SELECT ($2::timestamptz AT TIME ZONE u.time_zone)::date AS today,
                 coalesce($3::date, ($2::timestamptz AT TIME ZONE u.time_zone)::date) AS first) p
       WHERE u.id = $1
    ), found AS (
      (${dueRows('due', `t.due_by >= s.first - 2 AND t.due_by < s.last + 3 AND ${localDay} BETWEEN s.first AND s.last`, 'ASC')})
      UNION ALL
      (${dueRows('carriedOver', `t.due_by < s.first + 2 AND ${localDay} < s.first`, 'DESC')})
      UNION ALL
      (SELECT 'available', t.defer_until, ${columns}
         FROM span s, tasks t WHERE ${open} AND t.defer_until BETWEEN s.first AND s.last
        ORDER BY t.defer_until, t.id LIMIT ${mostTasks + 1})
    )
    SELECT s.zone AS "timeZone", s.week_start AS "weekStart", s.today, s.first AS "from",
           ARRAY (SELECT s.first + n FROM generate_series(0, $4::int - 1) n) AS days, f.*
      FROM span s LEFT JOIN found f ON true`,
});

/**
 * The open tasks of some days in the user's time zone: what is due, what becomes available, and what is carried over from
 * earlier days. At most 200 tasks: those of the days first, then the latest of the earlier ones.
 */
export async function getAgenda(ctx: UserContext, { from, days }: AgendaInput): Promise<AgendaOut> {
  const now = ctx.deps.clock.now();
  const rows = await ctx.deps.db.query(statement, [ctx.user.id, now.toISOString(), from ?? null, days]);
  const [span] = rows;
  if (span === undefined) throw notFound('user');
  const entries = rows
    .filter((row) => row.id !== null)
    .map((row) => ({ kind: row.kind, day: row.day, task: toAgendaTask(row, span, now) }));
  const wanted = (['due', 'available', 'carriedOver'] as const).flatMap((kind) =>
    entries.filter((entry) => entry.kind === kind),
  );
  const shown = wanted.slice(0, mostTasks);
  const tasksOf = (kind: Kind, day?: string) =>
    shown.filter((entry) => entry.kind === kind && (day === undefined || entry.day === day)).map(({ task }) => task);
  const carriedOver = tasksOf('carriedOver').reverse();
  return {
    timeZone: span.timeZone,
    weekStart: span.weekStart,
    today: span.today,
    carriedOver,
    carriedOverMinutes: minutesOf(carriedOver),
    days: span.days.map((date) => {
      const due = tasksOf('due', date);
      return { date, due, available: tasksOf('available', date), plannedMinutes: minutesOf(due) };
    }),
    hasMore: wanted.length > mostTasks,
  };
}

function toAgendaTask(row: AgendaTaskRow, span: Span, now: Date): AgendaTaskOut {
  const { notes: _, ...task } = toTask({ ...row, notes: '' });
  return { ...task, overdue: isOverdue(row, span, now) };
}

function isOverdue({ dueDate, dueTime, dueTimeZone }: AgendaTaskRow, span: Span, now: Date): boolean {
  if (dueDate === null) return false;
  if (dueTime === null) return dueDate < span.today;
  return zonedTime(`${dueDate}T${dueTime.slice(0, 5)}`, dueTimeZone ?? span.timeZone).at < now;
}

function minutesOf(found: readonly { readonly estimateMinutes: number | null }[]): number {
  return found.reduce((sum, { estimateMinutes }) => sum + (estimateMinutes ?? 0), 0);
}
