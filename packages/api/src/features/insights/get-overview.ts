import { sql, types } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import type { OverviewInput, OverviewOut } from './schemas.ts';

/** With fewer completed tasks than this, percentiles mean nothing. */
const minimumForPercentiles = 5;

interface OverviewRow {
  readonly timeZone: string;
  readonly from: string;
  readonly to: string;
  readonly weeks: { readonly start: string; readonly completed: number }[];
  readonly completed: number;
  readonly p50Hours: number | null;
  readonly p85Hours: number | null;
  readonly open: number;
  readonly overdue: number;
  readonly inProgress: number;
}

/** $1 user, $2 weeks, $3 now. Days and weeks start in the user's time zone. */
const statement = sql({
  name: 'insights.overview',
  returns: {
    timeZone: types.text,
    from: types.date,
    to: types.date,
    weeks: types.json<OverviewRow['weeks']>(),
    completed: types.number,
    p50Hours: types.orNull(types.number),
    p85Hours: types.orNull(types.number),
    open: types.number,
    overdue: types.number,
    inProgress: types.number,
  },
  text: `
    WITH person AS (
      SELECT time_zone, $3::timestamptz AT TIME ZONE time_zone AS local_now FROM users WHERE id = $1
    ), span AS (
      SELECT time_zone, local_now,
             date_trunc('week', local_now)::date - 7 * ($2::int - 1) AS first_day,
             local_now::date AS last_day
        FROM person
    ), finished AS (
      SELECT date_trunc('week', t.completed_at AT TIME ZONE s.time_zone)::date AS week,
             extract(epoch FROM greatest(t.completed_at - coalesce(t.started_at, t.created_at), interval '0'))::float8
               / 3600 AS hours
        FROM span s JOIN tasks t ON t.user_id = $1
         AND t.completed_at >= s.first_day::timestamp AT TIME ZONE s.time_zone AND t.completed_at <= $3
         AND t.deleted_at IS NULL
    ), weekly AS (
      SELECT jsonb_agg(jsonb_build_object('start', w.day::date, 'completed', coalesce(f.completed, 0)) ORDER BY w.day) AS weeks
        FROM span s
       CROSS JOIN generate_series(s.first_day::timestamp, s.last_day::timestamp, interval '7 days') AS w(day)
        LEFT JOIN (SELECT week, count(*) AS completed FROM finished GROUP BY week) f ON f.week = w.day::date
    ), cycle AS (
      SELECT count(*) AS completed,
             percentile_cont(0.5) WITHIN GROUP (ORDER BY hours) AS p50,
             percentile_cont(0.85) WITHIN GROUP (ORDER BY hours) AS p85
        FROM finished
    ), unfinished AS (
      SELECT count(*) AS open,
             count(*) FILTER (WHERE t.status = 'in_progress') AS in_progress,
             count(*) FILTER (WHERE t.due_date IS NOT NULL AND CASE
               WHEN t.due_time_zone IS NULL THEN t.due_by < s.local_now
               ELSE t.due_by AT TIME ZONE t.due_time_zone < $3 END) AS overdue
        FROM span s JOIN tasks t ON t.user_id = $1 AND t.status IN ('todo', 'in_progress') AND t.deleted_at IS NULL
    )
    SELECT s.time_zone AS "timeZone", s.first_day AS "from", s.last_day AS "to", weekly.weeks, cycle.completed,
           cycle.p50 AS "p50Hours", cycle.p85 AS "p85Hours",
           unfinished.open, unfinished.overdue, unfinished.in_progress AS "inProgress"
      FROM span s, weekly, cycle, unfinished`,
});

/** The user's flow metrics, computed in the database. */
export async function getOverview(ctx: UserContext, { weeks }: OverviewInput): Promise<OverviewOut> {
  const measuredAt = ctx.deps.clock.now().toISOString();
  const [row] = await ctx.deps.db.query<OverviewRow>(statement, [ctx.user.id, weeks, measuredAt]);
  if (row === undefined) throw notFound('user');
  const window = { from: row.from, to: row.to, timeZone: row.timeZone };
  const isEnough = row.completed >= minimumForPercentiles;
  return {
    throughput: { n: row.completed, window, weeks: row.weeks },
    cycleTime: {
      n: row.completed,
      window,
      p50Hours: isEnough ? row.p50Hours : null,
      p85Hours: isEnough ? row.p85Hours : null,
      assumptions: [
        'The cycle time starts when a task is first in progress, or at its creation if it never was',
        `Percentiles need at least ${minimumForPercentiles} completed tasks`,
      ],
    },
    open: { n: row.open, measuredAt },
    overdue: { n: row.overdue, measuredAt },
    workInProgress: { n: row.inProgress, measuredAt },
  };
}
