import { z } from 'zod';
import { day, instant, zoneName } from '../../platform/schemas/time.ts';

export const overviewInput = z.strictObject({
  weeks: z.int().min(1).max(52).default(12).describe('How many weeks back, this one included.'),
});

const count = z.number().meta({ examples: [7] });
const hours = (example: number) =>
  z
    .number()
    .nullable()
    .meta({ examples: [example] });

const days = z
  .object({ from: day, to: day, timeZone: zoneName })
  .meta({ id: 'Window', description: "First and last day, inclusive, in the person's zone." });

const stock = z
  .object({ n: count, measuredAt: instant })
  .meta({ id: 'Stock', description: 'Something counted at one moment.' });

export const overview = z
  .object({
    throughput: z
      .object({
        n: count,
        window: days,
        weeks: z.array(z.object({ start: day, completed: count })),
      })
      .describe('Tasks completed in each week; weeks begin on Monday.'),
    cycleTime: z
      .object({
        n: count,
        window: days,
        p50Hours: hours(6.5),
        p85Hours: hours(31),
        assumptions: z.array(
          z.string().meta({ examples: ['A task that was never started began when it was created'] }),
        ),
      })
      .describe('Hours from start to completion of the tasks completed in the window; null where `n` is too small.'),
    open: stock,
    overdue: stock.describe('Open tasks whose due date has passed in their zone.'),
    workInProgress: stock,
  })
  .meta({ id: 'Overview', description: 'How work flows: each figure with how many tasks it stands on.' });

export type OverviewInput = z.output<typeof overviewInput>;
/** The overview as it goes over the wire. */
export type OverviewOut = z.input<typeof overview>;
