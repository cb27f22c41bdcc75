import { GoalProgressSource, GoalState } from '@alice/db/models';
import { z } from 'zod';
import { id, newId, rowId } from '../../platform/schemas/ids.ts';
import { cursor, limit, page } from '../../platform/schemas/paging.ts';
import { notes, text, title } from '../../platform/schemas/text.ts';
import { calendarDate, day, instant } from '../../platform/schemas/time.ts';
import { expectedVersion, version } from '../../platform/schemas/version.ts';

export const goalState = z
  .enum(GoalState)
  .meta({ id: 'GoalState', description: 'The state of a goal.', examples: ['active'] });
export const progressSource = z.enum(GoalProgressSource).meta({
  id: 'ProgressSource',
  description: 'Where the progress comes from: manual check-ins or the linked tasks.',
  examples: ['manual'],
});

const measure = z.number().min(-1e15).max(1e15);

const metricFields = {
  unit: text(1, 30).describe('The unit of measurement: `%`, `kg`, `pages`.'),
  start: measure,
  target: measure.describe('The target value. Lower than `start` for a goal that decreases.'),
  current: measure,
};

const differs = (metric: { start?: number | undefined; target?: number | undefined }) =>
  metric.start === undefined || metric.target === undefined || metric.start !== metric.target;
const mustDiffer = { path: ['target'], message: 'must differ from start' };

const newMetric = z
  .strictObject({
    unit: metricFields.unit.default('%'),
    start: metricFields.start.default(0),
    target: metricFields.target.default(100),
    current: metricFields.current.optional(),
  })
  .refine(differs, mustDiffer);

const metricChange = z.strictObject(metricFields).partial().refine(differs, mustDiffer);

const fields = {
  title,
  notes,
  state: goalState,
  dueDate: calendarDate.nullable(),
  progressSource,
};

const figure = (example: number) => z.number().meta({ examples: [example] });

export const goal = z
  .object({
    id: rowId,
    title: z.string().meta({ examples: ['Run a half marathon'] }),
    notes: z.string().meta({ description: 'Markdown.', examples: [''] }),
    state: goalState,
    dueDate: day.nullable(),
    metric: z
      .object({
        unit: z.string().meta({ examples: ['km'] }),
        start: figure(0),
        target: figure(21),
        current: figure(8),
        direction: z.enum(['up', 'down']),
      })
      .describe('If the progress comes from tasks, `current` is computed from the linked tasks.'),
    progress: z.object({
      source: progressSource,
      fraction: figure(0.38)
        .nullable()
        .describe('From 0 to 1; null if the progress comes from tasks and there are none.'),
      tasks: z
        .object({ done: figure(2), total: figure(5), doneWeight: figure(2), totalWeight: figure(6) })
        .describe('Linked tasks that are neither deleted nor cancelled, by count and by weight.'),
    }),
    version,
    createdAt: instant,
    updatedAt: instant,
    deletedAt: instant.nullable().meta({ examples: [null] }),
  })
  .meta({ id: 'Goal', description: 'A goal and its progress.' });

export const syncedGoal = goal.omit({ progress: true }).extend({ progressSource }).meta({
  id: 'SyncedGoal',
  description: 'A goal without its computed progress: compute it from the synced tasks.',
});

export const exportedGoal = goal
  .omit({ metric: true, progress: true })
  .extend({
    progressSource,
    metricUnit: z.string().meta({ examples: ['km'] }),
    metricStart: figure(0),
    metricTarget: figure(21),
    metricCurrent: figure(8),
  })
  .meta({ id: 'ExportedGoal', description: 'A goal with its stored fields.' });

export const createGoalInput = z
  .strictObject({
    id: newId.optional(),
    title: fields.title,
    notes: fields.notes.default(''),
    state: fields.state.default('active'),
    dueDate: fields.dueDate.default(null),
    progressSource: fields.progressSource.default('manual'),
    metric: newMetric.prefault({}),
  })
  .meta({ examples: [{ title: 'Run a half marathon', dueDate: '2027-04-11', metric: { unit: 'km', target: 21 } }] });

export const updateGoalInput = z
  .strictObject({
    id,
    expectedVersion,
    ...z.object({ ...fields, metric: metricChange }).partial().shape,
  })
  .meta({ examples: [{ metric: { current: 8 } }] });

export const goalInput = z.strictObject({ id });
export const goalChangeInput = z.strictObject({ id, expectedVersion });

export const listGoalsInput = z.strictObject({
  state: z.array(goalState).min(1).max(6).optional().describe('Only goals in one of these states.'),
  deleted: z.boolean().default(false).describe('Return deleted goals instead of existing ones.'),
  limit,
  cursor: cursor.optional(),
});

export const goalPage = page(goal);

export type CreateGoalInput = z.output<typeof createGoalInput>;
export type UpdateGoalInput = z.output<typeof updateGoalInput>;
export type GoalInput = z.output<typeof goalInput>;
export type GoalChangeInput = z.output<typeof goalChangeInput>;
export type ListGoalsInput = z.output<typeof listGoalsInput>;
/** A goal in its wire form. */
export type GoalOut = z.input<typeof goal>;
export type SyncedGoalOut = z.input<typeof syncedGoal>;
