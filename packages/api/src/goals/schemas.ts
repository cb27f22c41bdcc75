import { GoalProgressSource, GoalState } from '@alice/db/models';
import { z } from 'zod';
import { id, newId } from '../shared/ids.ts';
import { cursor, limit, page } from '../shared/paging.ts';
import { notes, text, title } from '../shared/text.ts';
import { calendarDate, instant } from '../shared/time.ts';
import { expectedVersion, version } from '../shared/version.ts';

export const goalState = z.enum(GoalState);
export const progressSource = z.enum(GoalProgressSource);

const measure = z.number().min(-1e15).max(1e15);

const metricFields = {
  /** What is counted: `%`, `kg`, `pages`. */
  unit: text(1, 30),
  start: measure,
  /** Below `start` for a goal that goes down. */
  target: measure,
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

export const goal = z.object({
  id: z.string(),
  title: z.string(),
  notes: z.string(),
  state: goalState,
  dueDate: z.string().nullable(),
  /** `current` follows the linked tasks when the progress comes from them. */
  metric: z.object({
    unit: z.string(),
    start: z.number(),
    target: z.number(),
    current: z.number(),
    direction: z.enum(['up', 'down']),
  }),
  progress: z.object({
    source: progressSource,
    /** 0 to 1; null when it comes from tasks and there are none. */
    fraction: z.number().nullable(),
    /** Linked tasks that count: neither deleted nor cancelled. Weights stand beside counts, so added scope is seen. */
    tasks: z.object({ done: z.number(), total: z.number(), doneWeight: z.number(), totalWeight: z.number() }),
  }),
  version,
  createdAt: instant,
  updatedAt: instant,
  deletedAt: instant.nullable(),
});

export const createGoalInput = z.strictObject({
  id: newId.optional(),
  title: fields.title,
  notes: fields.notes.default(''),
  state: fields.state.default('active'),
  dueDate: fields.dueDate.default(null),
  progressSource: fields.progressSource.default('manual'),
  metric: newMetric.prefault({}),
});

export const updateGoalInput = z.strictObject({
  id,
  expectedVersion,
  ...z.object({ ...fields, metric: metricChange }).partial().shape,
});

export const goalInput = z.strictObject({ id });
export const goalChangeInput = z.strictObject({ id, expectedVersion });

export const listGoalsInput = z.strictObject({
  state: z.array(goalState).min(1).max(6).optional(),
  /** Deleted goals instead of live ones. */
  deleted: z.boolean().default(false),
  limit,
  cursor: cursor.optional(),
});

export const goalPage = page(goal);

export type CreateGoalInput = z.output<typeof createGoalInput>;
export type UpdateGoalInput = z.output<typeof updateGoalInput>;
export type GoalInput = z.output<typeof goalInput>;
export type GoalChangeInput = z.output<typeof goalChangeInput>;
export type ListGoalsInput = z.output<typeof listGoalsInput>;
/** A goal as it goes over the wire. */
export type GoalOut = z.input<typeof goal>;
