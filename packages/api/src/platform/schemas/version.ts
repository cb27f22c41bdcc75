import { z } from 'zod';

/** The version of a row: 1, and one more with each change. */
export const version = z
  .int()
  .min(1)
  .max(2_147_483_647)
  .meta({ description: 'The version of the row. It starts at 1 and increases with each change.', examples: [3] });

/** A write on any other version of the row fails with STALE_VERSION. */
export const expectedVersion = version.optional();
