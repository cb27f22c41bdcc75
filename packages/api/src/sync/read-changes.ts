import type { Rows } from '@alice/db';
import { selectRow } from '../changes/tables.ts';
import type { UserContext } from '../context.ts';
import type { ChangeOut } from './schemas.ts';
import { isDeleted, syncedEntities, syncedTables } from './synced-tables.ts';

/** Some of a person's changes, in the order of their commits. */
export interface ChangePage {
  readonly changes: ChangeOut[];
  /** Whoever has applied the page has seen every change up to this number. */
  readonly through: number;
  readonly hasMore: boolean;
  /** False: lines after `after` may be gone, or there never were so many. */
  readonly isComplete: boolean;
}

interface Line {
  readonly number: number;
  readonly at: string;
  readonly entity: ChangeOut['entity'];
  readonly id: string;
  readonly action: string;
}

/**
 * $1 person, $2 after, $3 how many. The counter is read in the same snapshot as the lines. What an administrator did to
 * somebody else's account stands in their own lines too, and is no change of theirs.
 */
const readLines = {
  name: 'sync.lines',
  text: `
    SELECT c.number AS "latest", c.pruned_through AS "prunedThrough", l.*
      FROM change_counters c LEFT JOIN LATERAL (
        SELECT number, at, entity, entity_id AS id, action FROM activity
         WHERE user_id = $1 AND number > $2 AND entity IN (${syncedEntities.map((entity) => `'${entity}'`).join(', ')})
           AND (entity <> 'user' OR entity_id = $1)
         ORDER BY number LIMIT $3
      ) l ON true
     WHERE c.user_id = $1 ORDER BY l.number`,
};

type LineRow = { readonly latest: number; readonly prunedThrough: number } & (Line | { readonly number: null });

/** At most `limit` changes after number `after`, each with its row as it was left then. */
export async function readChanges(ctx: UserContext, after: number, limit: number): Promise<ChangePage> {
  const { query } = ctx.deps.db;
  const rows = await query<LineRow>(readLines, [ctx.user.id, after, limit + 1]);
  const { latest = 0, prunedThrough = 0 } = rows[0] ?? {};
  const isComplete = after >= prunedThrough && after <= latest;
  const found = rows.filter((row): row is LineRow & Line => row.number !== null);
  const lines = found.slice(0, limit);
  const last = lines.at(-1);
  const hasMore = found.length > lines.length && last !== undefined;
  const states = last === undefined ? new Map() : await readStates(ctx, lines, last.number);
  return {
    changes: lines.map((line) => toChange(line, states.get(line.number))),
    through: hasMore ? last.number : Math.max(latest, after),
    hasMore,
    isComplete,
  };
}

function toChange({ number, at, entity, id, action }: Line, row: object | undefined): ChangeOut {
  const deleted = row === undefined || isDeleted(row);
  // The guarantee: `row` was made by the `toWire` of this entity's table.
  return { number, changedAt: at, action, entity, id, deleted, row: row ?? null } as ChangeOut;
}

/** The rows as each line left them, by its number. None where a row is gone for good. */
async function readStates(ctx: UserContext, lines: readonly Line[], through: number): Promise<Map<number, object>> {
  const states = new Map<number, object>();
  const byEntity = Map.groupBy(lines, ({ entity }) => entity);
  await Promise.all(
    [...byEntity].map(async ([entity, own]) => {
      const values = [
        ctx.user.id,
        own.map(({ number }) => number),
        own.map(({ id }) => id),
        own.map(({ at }) => at),
        through,
      ];
      const rows = await ctx.deps.db.query<Rows[keyof Rows] & { changeNumber: number }>(statesOf[entity], values);
      for (const row of rows) states.set(row.changeNumber, syncedTables[entity].toWire(row));
    }),
  );
  return states;
}

const statesOf = {
  user: stateStatement('user'),
  goal: stateStatement('goal'),
  task: stateStatement('task'),
};

/**
 * $1 person, $2 numbers, $3 ids and $4 times of lines of one entity, $5 the last number of the page. A row as a line left
 * it is the row of today with what later lines found (`before`) laid over it, the latest first. What the lines after the
 * page found is gathered once for each row, so that a row with a long history costs a page its length once.
 */
function stateStatement(entity: ChangeOut['entity']) {
  const { table, owner } = syncedTables[entity];
  const found = (condition: string) => `
    (SELECT coalesce(jsonb_object_agg(b.key, b.value ORDER BY a.number DESC), '{}')
       FROM activity a, jsonb_each(a.before) b
      WHERE a.user_id = $1 AND a.entity = '${entity}' AND a.entity_id = l.id AND ${condition})`;
  return {
    name: `sync.states.${entity}`,
    text: `
      WITH lines AS MATERIALIZED (
        SELECT * FROM unnest($2::bigint[], $3::uuid[], $4::timestamptz[]) AS l(number, id, at)
      ), since AS MATERIALIZED (
        SELECT l.id, ${found('a.number > $5')} AS fields FROM (SELECT DISTINCT id FROM lines) l
      )
      SELECT l.number AS "changeNumber", ${selectRow(table, 'w')}
        FROM lines l JOIN since USING (id) JOIN ${table.name} t ON t.${owner} = $1 AND t.id = l.id,
             LATERAL jsonb_populate_record(t, since.fields || ${found('a.number > l.number AND a.number <= $5')}
               || jsonb_build_object('updated_at', l.at)) w`,
  };
}
