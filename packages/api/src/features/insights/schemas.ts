import { z } from 'zod';
import { day, instant, zoneName } from '../../platform/schemas/time.ts';

export const overviewInput = z.strictObject({
  weeks: z.int().min(1).max(52).default(12).describe('The number of weeks, including the current one.'),
});

const count = z.number().meta({ examples: [7] });
const hours = (example: number) =>
  z
    .number()
    .nullable()
    .meta({ examples: [example] });

const days = z
  .object({ from: day, to: day, timeZone: zoneName })
  .meta({ id: 'Window', description: "First and last day, inclusive, in the user's time zone." });

const stock = z
  .object({ n: count, measuredAt: instant })
  .meta({ id: 'Stock', description: 'A count at one point in time.' });

export const overview = z
  .object({
    throughput: z
      .object({
        n: count,
        window: days,
        weeks: z.array(z.object({ start: day, completed: count })),
      })
      .describe('Completed tasks per week. Weeks start on Monday.'),
    cycleTime: z
      .object({
        n: count,
        window: days,
        p50Hours: hours(6.5),
        p85Hours: hours(31),
        assumptions: z.array(z.string().meta({ examples: ['Percentiles need at least 5 completed tasks'] })),
      })
      .describe(
        'Hours from start to completion, for tasks completed in the window. Percentiles are null if `n` is too small.',
      ),
    open: stock,
    overdue: stock.describe('Open tasks whose due time has passed in their time zone.'),
    workInProgress: stock,
  })
  .meta({ id: 'Overview', description: 'Flow metrics. `n` is the sample size of each figure.' });

export type OverviewInput = z.output<typeof overviewInput>;
/** The overview in its wire form. */
export type OverviewOut = z.input<typeof overview>;
