import { z } from 'zod';

/** Counts a row's changes from 1. */
export const version = z
  .int()
  .min(1)
  .max(2_147_483_647)
  .meta({ description: 'Counts the changes of this row from 1.', examples: [3] });

/** With it, a write on any other version of the row fails with STALE_VERSION. */
export const expectedVersion = version.optional();
