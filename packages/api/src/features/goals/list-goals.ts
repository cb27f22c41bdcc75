import { sql, types } from '@alice/db';
import { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { id } from '../../platform/schemas/ids.ts';
import { decodeCursor, type Page, pageOf } from '../../platform/schemas/keyset.ts';
import { fullPageCharacters } from '../../platform/schemas/paging.ts';
import type { GoalOut, ListGoalsInput } from './schemas.ts';
import { goalColumns, selectGoals } from './select-goals.ts';
import { type GoalRow, toGoal } from './to-goal.ts';

const order = 'created.desc';
const shape = z.tuple([z.iso.datetime({ precision: 3 }), id]);

/**
 * $1 user, $2 deleted ones, $3 states or null, $4 and $5 where the last page ended or null, $6 limit. A page with long
 * notes ends earlier: `found` shows that there are more.
 */
const statement = sql({
  name: 'goals.list',
  returns: { ...goalColumns, found: types.number },
  text: `
    WITH page AS MATERIALIZED (
      SELECT g.*, sum(octet_length(notes)) OVER (ORDER BY created_at DESC, id DESC ROWS UNBOUNDED PRECEDING)
                    - octet_length(notes) AS ahead
        FROM goals g
       WHERE user_id = $1 AND (deleted_at IS NOT NULL) = $2
         AND ($3::goal_state[] IS NULL OR state = ANY ($3))
         AND ($4::timestamptz IS NULL OR (created_at, id) < ($4, $5::uuid))
       ORDER BY created_at DESC, id DESC LIMIT $6
    )
    SELECT t.*, (SELECT count(*) FROM page) AS found
      FROM (${selectGoals(`(SELECT * FROM page WHERE ahead < ${fullPageCharacters}) t`)}) t
     ORDER BY t."createdAt" DESC, t.id DESC`,
});

/** One page of the user's goals with their progress, newest first. */
export async function listGoals(ctx: UserContext, input: ListGoalsInput): Promise<Page<GoalOut>> {
  const [createdAt, lastId] = input.cursor === undefined ? [null, null] : decodeCursor(input.cursor, order, shape);
  const values = [ctx.user.id, input.deleted, input.state ?? null, createdAt, lastId, input.limit + 1];
  const rows = await ctx.deps.db.query<GoalRow & { readonly found: number }>(statement, values);
  return pageOf(rows, input.limit, toGoal, (last) => ({ order, values: [last.createdAt, last.id] }), rows[0]?.found);
}
