import { claimed, outer, type Rows, sql, types } from '@alice/db';
import { ActivityEntity } from '@alice/db/models';
import type { UserContext } from '../../context.ts';
import { currentColumn, currentColumns, quoted, rowShape, selectRow } from '../../platform/history/columns.ts';
import { fullPageCharacters } from '../../platform/schemas/paging.ts';
import type { ChangeOut } from './change.ts';
import { forEachSynced, isDeleted, type SyncedEntity, syncedEntity, syncedNames, toWire } from './synced-entities.ts';

/** Some of a user's changes, in commit order. */
export interface ChangePage {
  readonly changes: ChangeOut[];
  /** A client that has applied the page has seen all changes up to this number. */
  readonly through: number;
  readonly hasMore: boolean;
  /** False: entries after `after` may be deleted, or the number is too high. */
  readonly isComplete: boolean;
}

interface Line {
  readonly number: number;
  readonly group: number | null;
  readonly at: string;
  readonly entity: ChangeOut['entity'];
  readonly id: string;
  readonly action: string;
}

/**
 * $1 user, $2 after, $3 limit. The counter is read in the same snapshot as the entries. Admin actions on other accounts
 * are left out: they are not changes of the administrator's own data.
 */
const readLines = sql({
  name: 'sync.lines',
  returns: claimed<LineRow>({
    latest: types.number,
    prunedThrough: types.number,
    ...outer({
      number: types.number,
      group: types.number,
      at: types.instant,
      entity: types.oneOf(Object.values(ActivityEntity)),
      id: types.uuid,
      action: types.text,
    }),
  }),
  text: `
    SELECT c.number AS "latest", c.pruned_through AS "prunedThrough", l.*
      FROM change_counters c LEFT JOIN LATERAL (
        SELECT number, group_number AS "group", at, entity, entity_id AS id, action FROM activity
         WHERE user_id = $1 AND number > $2 AND entity IN (${quoted(syncedNames)})
           AND (entity <> 'user' OR entity_id = $1)
         ORDER BY number LIMIT $3
      ) l ON true
     WHERE c.user_id = $1 ORDER BY l.number`,
});

type LineRow = { readonly latest: number; readonly prunedThrough: number } & (Line | { readonly number: null });

/** The batch size: a page with long notes is full after a few rows, and further rows would be read in vain. */
const linesAtOnce = 10;

/**
 * At most `limit` changes after number `after`, each with its row after the change. A page with large rows ends
 * earlier, and is never empty if there are more changes.
 */
export async function readChanges(ctx: UserContext, after: number, limit: number): Promise<ChangePage> {
  let page = await readSome(ctx, after, Math.min(limit, linesAtOnce));
  while (page.isComplete && page.hasMore && page.changes.length < limit && page.characters < fullPageCharacters) {
    const { changes, characters, through } = page;
    const more = await readSome(ctx, through, Math.min(limit - changes.length, linesAtOnce));
    page = { ...more, changes: [...changes, ...more.changes], characters: characters + more.characters };
  }
  return page;
}

interface SomeChanges extends ChangePage {
  /** The total length of the notes in its rows: no other field is long. */
  readonly characters: number;
}

async function readSome(ctx: UserContext, after: number, limit: number): Promise<SomeChanges> {
  const { query } = ctx.deps.db;
  const rows = await query<LineRow>(readLines, [ctx.user.id, after, limit + 1]);
  const { latest = 0, prunedThrough = 0 } = rows[0] ?? {};
  const isComplete = after >= prunedThrough && after <= latest;
  const found = rows.filter((row): row is LineRow & Line => row.number !== null);
  const lines = found.slice(0, limit);
  const last = lines.at(-1);
  const hasMore = found.length > lines.length && last !== undefined;
  const states = last === undefined ? new Map<number, object>() : await readStates(ctx, lines, last.number);
  return {
    changes: lines.map((line) => toChange(line, states.get(line.number))),
    through: hasMore ? last.number : Math.max(latest, after),
    hasMore,
    isComplete,
    characters: [...states.values()].reduce((sum, row) => sum + lengthOf(row), 0),
  };
}

function lengthOf(row: object): number {
  return 'notes' in row && typeof row.notes === 'string' ? row.notes.length : 0;
}

function toChange({ number, group, at, entity, id, action }: Line, row: object | undefined): ChangeOut {
  const deleted = row === undefined || isDeleted(row);
  // The guarantee: `row` comes from the `toWire` of this entity's table.
  return { number, group, changedAt: at, action, entity, id, deleted, row: row ?? null } as ChangeOut;
}

/** The rows after each change, by change number. Permanently deleted rows are missing. */
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
      const rows = await ctx.deps.db.query<StateRow>(statesOf(entity), values);
      for (const row of rows) states.set(row.changeNumber, toWire(syncedEntity(entity), row));
    }),
  );
  return states;
}

type StateRow = Rows[keyof Rows] & { readonly changeNumber: number };

const statesOf = forEachSynced(stateStatement);

/**
 * $1 user, $2 numbers, $3 ids and $4 times of entries of one entity, $5 the last number of the page. The row after a
 * change is the current row with the old values (`before`) of all later changes applied, the latest first. The index on
 * the set of changed columns (`changed`) finds the first entry after the page that changed each column. So it reads at
 * most as many values as the row has columns, however long the history is. Then it goes back entry by entry.
 */
function stateStatement(entity: SyncedEntity) {
  const { name, table, owner } = entity;
  const isNow = (stored: string) => currentColumn(entity, stored);
  const ofRow = (id: string) => `a.user_id = $1 AND a.entity = '${name}' AND a.entity_id = ${id}`;
  return sql({
    name: `sync.states.${name}`,
    returns: claimed<StateRow>({ changeNumber: types.number, ...rowShape(entity) }),
    text: `
      WITH RECURSIVE lines AS MATERIALIZED (
        SELECT l.number, l.id, l.at, row_number() OVER later AS place, lag(a.before) OVER later AS undone
          FROM unnest($2::bigint[], $3::uuid[], $4::timestamptz[]) AS l(number, id, at)
          JOIN activity a ON a.user_id = $1 AND a.number = l.number
        WINDOW later AS (PARTITION BY l.id ORDER BY l.number DESC)
      ), since AS MATERIALIZED (
        SELECT l.id, (
          SELECT coalesce(jsonb_object_agg(f.name, a.before -> f.stored), '{}')
            FROM (
              WITH RECURSIVE kinds AS (
                (SELECT a.changed FROM activity a
                  WHERE ${ofRow('l.id')} AND a.changed IS NOT NULL ORDER BY a.changed LIMIT 1)
                UNION ALL
                SELECT further.changed FROM kinds, LATERAL (
                  SELECT a.changed FROM activity a
                   WHERE ${ofRow('l.id')} AND a.changed > kinds.changed ORDER BY a.changed LIMIT 1) further
              )
              SELECT DISTINCT ON (${isNow('c.name')}) ${isNow('c.name')} AS name, c.name AS stored, first.number FROM kinds, LATERAL (
                SELECT a.number FROM activity a
                 WHERE ${ofRow('l.id')} AND a.changed = kinds.changed AND a.number > $5 ORDER BY a.number LIMIT 1
              ) first, jsonb_array_elements_text(kinds.changed) AS c(name)
               ORDER BY ${isNow('c.name')}, first.number
            ) f JOIN activity a ON a.user_id = $1 AND a.number = f.number
        ) AS fields FROM lines l WHERE l.place = 1
      ), states AS (
        SELECT l.id, l.place, l.number, l.at, since.fields FROM lines l JOIN since USING (id) WHERE l.place = 1
        UNION ALL
        SELECT l.id, l.place, l.number, l.at, s.fields || coalesce(${currentColumns(entity, 'l.undone')}, '{}')
          FROM states s JOIN lines l ON l.id = s.id AND l.place = s.place + 1
      )
      SELECT s.number AS "changeNumber", ${selectRow(entity, 'w')}
        FROM states s JOIN ${table} t ON t.${owner} = $1 AND t.id = s.id,
             LATERAL jsonb_populate_record(t, s.fields || jsonb_build_object('updated_at', s.at)) w`,
  });
}
