import { users } from '../account/profile/entity.ts';
import { goals } from './goals/entity.ts';
import { labels } from './labels/entity.ts';
import { lists } from './lists/entity.ts';
import { tasks } from './tasks/entity.ts';
import { occurrences } from './tasks/recurrence/entity.ts';

/** The entities of the features, each after those that it links to. */
export const featureEntities = [lists, labels, goals, tasks, occurrences] as const;

/** The entities of a local copy, in the order of an initial sync. */
export const syncedEntities = [users, ...featureEntities] as const;
