import { Weekday } from '@alice/db/models';
import { z } from 'zod';

/** The first day of a week. */
export const weekStart = z
  .enum(Weekday)
  .meta({ id: 'Weekday', description: 'The first day of the week of the user.', examples: ['monday'] });
