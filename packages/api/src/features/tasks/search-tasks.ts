import { claimed, outer, rowOf, type Statement, sqlFamily, types } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { fullPageCharacters } from '../../platform/schemas/paging.ts';
import { type ListedTaskRow, listedShape, selectListed } from './select-details.ts';
import { nameFor, type TaskPosition, type TaskSelection } from './task-selection.ts';

/** How long a search runs before it returns its results. */
const patienceMs = 100;
/**
 * A step reads at most this many tasks, and at most as many bytes of notes as fill a page. The longest notes take half
 * a millisecond each.
 */
const rowsAStep = { first: 250, further: 2000 };

interface Search {
  readonly text: string;
  readonly limit: number;
  readonly first: TaskSelection;
  /** The same tasks, after this one. */
  readonly onwards: (position: TaskPosition) => TaskSelection;
}

interface Found {
  /** One more than the limit if there are more. */
  readonly rows: ListedTaskRow[];
  /** The last task that was read; null at the end. */
  readonly stoppedAt: TaskPosition | null;
}

type StepRow = { readonly [Field in keyof TaskPosition as `at${Capitalize<Field>}`]: TaskPosition[Field] } & {
  readonly isEnd: boolean;
} & (ListedTaskRow | { readonly id: null });

/**
 * Tasks whose title or notes contain a text, case-insensitive. There is no index for this, so it scans in small steps,
 * for a limited time: a page may have few tasks or none, and a cursor to continue.
 */
export async function searchTasks(ctx: UserContext, { text, limit, first, onwards }: Search): Promise<Found> {
  const until = performance.now() + patienceMs;
  const rows: ListedTaskRow[] = [];
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
    const stoppedAt = {
      id: at.atId,
      createdAt: at.atCreatedAt,
      dueBy: at.atDueBy,
      priority: at.atPriority,
      position: at.atPosition,
    };
    if (rows.length > limit || at.isEnd) return { rows, stoppedAt: at.isEnd ? null : stoppedAt };
    if (characters >= fullPageCharacters || performance.now() > until) return { rows, stoppedAt };
    step = onwards(stoppedAt);
  }
}

const searched = sqlFamily('tasks.search');

const position = rowOf('tasks', 'id', 'createdAt', 'dueBy', 'priority', 'position');
const stepRow = claimed<StepRow>({
  atId: position.id,
  atCreatedAt: position.createdAt,
  atDueBy: position.dueBy,
  atPriority: position.priority,
  atPosition: position.position,
  isEnd: types.boolean,
  ...outer({ place: types.number, ...listedShape }),
});

/**
 * One step. `~*` with `***=` matches the text literally. Unlike LIKE, it is an automaton and reads the notes only once.
 * Every row contains the end of the step; a row with a null id contains nothing else.
 */
export function stepStatement(
  { shape, where, order, values }: TaskSelection,
  {
    text,
    size,
    bytes,
    wanted,
  }: { readonly text: string; readonly size: number; readonly bytes: number; readonly wanted: number },
): { readonly statement: Statement<StepRow>; readonly values: readonly unknown[] } {
  const [pattern, rows, most, length] = [1, 2, 3, 4].map((place) => `$${values.length + place}`);
  return {
    statement: searched({
      name: nameFor(`${shape}.text`),
      returns: stepRow,
      text: `
        WITH step AS MATERIALIZED (
          SELECT t.*, row_number() OVER way AS place, sum(octet_length(t.notes)) OVER way - octet_length(t.notes) AS ahead
            FROM tasks t WHERE ${where} WINDOW way AS (ORDER BY ${order} ROWS UNBOUNDED PRECEDING)
           ORDER BY ${order} LIMIT ${rows}::int
        ), seen AS MATERIALIZED (
          SELECT * FROM step WHERE ahead < ${length}::int
        ), stop AS (
          SELECT id AS "atId", created_at AS "atCreatedAt", due_by AS "atDueBy", priority AS "atPriority", position AS "atPosition",
                 place = (SELECT count(*) FROM step) AND place < ${rows}::int AS "isEnd"
            FROM seen ORDER BY place DESC LIMIT 1
        )
        SELECT stop.*, m.* FROM stop LEFT JOIN (
          SELECT s.place, ${selectListed('s')} FROM seen s
           WHERE s.title ~* ${pattern} OR s.notes ~* ${pattern} ORDER BY s.place LIMIT ${most}::int
        ) m ON true ORDER BY m.place`,
    }),
    values: [...values, `***=${text}`, size, wanted, bytes],
  };
}
