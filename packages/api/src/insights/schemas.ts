import { z } from 'zod';
import { instant } from '../shared/time.ts';

export const overviewInput = z.strictObject({
  /** How many weeks back, this one included. */
  weeks: z.int().min(1).max(52).default(12),
});

const count = z.number();

/** First and last day, inclusive, in the person's zone. */
const days = z.object({ from: z.string(), to: z.string(), timeZone: z.string() });

/** Something counted at one moment. */
const stock = z.object({ n: count, measuredAt: instant });

export const overview = z.object({
  /** Tasks completed in each week; weeks begin on Monday. */
  throughput: z.object({
    n: count,
    window: days,
    weeks: z.array(z.object({ start: z.string(), completed: count })),
  }),
  /** Hours from start to completion of the tasks completed in the window; null where `n` is too small for a figure. */
  cycleTime: z.object({
    n: count,
    window: days,
    p50Hours: z.number().nullable(),
    p85Hours: z.number().nullable(),
    assumptions: z.array(z.string()),
  }),
  open: stock,
  /** Open tasks whose due date has passed in their zone. */
  overdue: stock,
  workInProgress: stock,
});

export type OverviewInput = z.output<typeof overviewInput>;
/** The overview as it goes over the wire. */
export type OverviewOut = z.input<typeof overview>;
