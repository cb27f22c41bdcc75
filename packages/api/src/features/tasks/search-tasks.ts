import type { Rows } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { selectRow } from '../../platform/history/table.ts';
import { fullPageCharacters } from '../../platform/schemas/paging.ts';
import { tasks } from './entity.ts';
import { nameFor, type TaskPosition, type TaskSelection } from './task-selection.ts';

/** How long a search looks before it returns what it has found. */
const patienceMs = 100;
/**
 * A step looks at so many tasks at most, and at as many bytes of notes as would fill a page if all were found: the longest
 * take half a millisecond each.
 */
const rowsAStep = { first: 250, further: 2000 };

interface Search {
  readonly text: string;
  readonly limit: number;
  readonly first: TaskSelection;
  /** The same tasks, but only those after this one. */
  readonly onwards: (position: TaskPosition) => TaskSelection;
}

interface Found {
  /** One beyond the limit where there are more. */
  readonly rows: Rows['tasks'][];
  /** The last task that was looked at; null: there is nothing behind it. */
  readonly stoppedAt: TaskPosition | null;
}

type StepRow = { readonly [Field in keyof TaskPosition as `at${Capitalize<Field>}`]: TaskPosition[Field] } & {
  readonly isEnd: boolean;
} & (Rows['tasks'] | { readonly id: null });

/**
 * Tasks whose title or notes hold a text, in any case. There is no index to find them by, so they are looked through in
 * steps, each of which costs little, and only for a while: a page may then hold few tasks, or none, and say where to go on.
 */
export async function searchTasks(ctx: UserContext, { text, limit, first, onwards }: Search): Promise<Found> {
  const until = performance.now() + patienceMs;
  const rows: Rows['tasks'][] = [];
  let characters = 0;
  for (let step = first, size = rowsAStep.first; ; size = rowsAStep.further) {
    const { statement, values } = stepStatement(step, {
      text,
      size,
      bytes: fullPageCharacters - characters,
      wanted: limit + 1 - rows.length,
    });
    const found = await ctx.deps.db.query<StepRow>(statement, values);
    const [at] = found;
    for (const row of found) {
      if (row.id === null) continue;
      rows.push(row);
      characters += row.notes.length;
    }
    if (at === undefined) return { rows, stoppedAt: null };
    const stoppedAt = { id: at.atId, createdAt: at.atCreatedAt, dueBy: at.atDueBy, priority: at.atPriority };
    if (rows.length > limit || at.isEnd) return { rows, stoppedAt: at.isEnd ? null : stoppedAt };
    if (characters >= fullPageCharacters || performance.now() > until) return { rows, stoppedAt };
    step = onwards(stoppedAt);
  }
}

/**
 * One step. `~*` with `***=` takes the text as it is; unlike LIKE, it goes through the notes once whatever they hold, since
 * it is an automaton. Every row carries where the step ended; one whose id is null carries nothing else.
 */
function stepStatement(
  { shape, where, order, values }: TaskSelection,
  {
    text,
    size,
    bytes,
    wanted,
  }: { readonly text: string; readonly size: number; readonly bytes: number; readonly wanted: number },
) {
  const [pattern, rows, most, length] = [1, 2, 3, 4].map((place) => `$${values.length + place}`);
  return {
    statement: {
      name: nameFor(`${shape}.text`),
      text: `
        WITH step AS MATERIALIZED (
          SELECT t.*, row_number() OVER way AS place, sum(octet_length(t.notes)) OVER way - octet_length(t.notes) AS ahead
            FROM tasks t WHERE ${where} WINDOW way AS (ORDER BY ${order} ROWS UNBOUNDED PRECEDING)
           ORDER BY ${order} LIMIT ${rows}::int
        ), seen AS MATERIALIZED (
          SELECT * FROM step WHERE ahead < ${length}::int
        ), stop AS (
          SELECT id AS "atId", created_at AS "atCreatedAt", due_by AS "atDueBy", priority AS "atPriority",
                 place = (SELECT count(*) FROM step) AND place < ${rows}::int AS "isEnd"
            FROM seen ORDER BY place DESC LIMIT 1
        )
        SELECT stop.*, m.* FROM stop LEFT JOIN (
          SELECT s.place, ${selectRow(tasks, 's')} FROM seen s
           WHERE s.title ~* ${pattern} OR s.notes ~* ${pattern} ORDER BY s.place LIMIT ${most}::int
        ) m ON true ORDER BY m.place`,
    },
    values: [...values, `***=${text}`, size, wanted, bytes],
  };
}
