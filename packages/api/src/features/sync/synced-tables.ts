import type { Rows } from '@alice/db';
import { users } from '../../account/profile/entity.ts';
import { toUser } from '../../account/profile/to-user.ts';
import type { UserContext } from '../../context.ts';
import type { Table } from '../../platform/history/table.ts';
import { goals } from '../goals/entity.ts';
import { toSyncedGoal } from '../goals/to-goal.ts';
import { tasks } from '../tasks/entity.ts';
import { requireTaskLinks } from '../tasks/require-links.ts';
import { toTask } from '../tasks/to-task.ts';
import type { ChangeOut } from './schemas.ts';

type Entity = ChangeOut['entity'];

/** Columns as the activity lines write them. */
export type Columns = Readonly<Record<string, unknown>>;

interface SyncedTable<Name extends keyof Rows> {
  readonly table: Table<Name>;
  /** The person's own row has no `user_id`. */
  readonly owner: 'id' | 'user_id';
  readonly toWire: (row: Rows[Name]) => object;
  /** Throws CANNOT_UNDO where a change that comes back would link to what is not there any more. */
  readonly requireLinks?: (ctx: UserContext, columns: Columns) => Promise<void>;
}

function define<Name extends keyof Rows>(synced: SyncedTable<Name>): SyncedTable<keyof Rows> {
  // The guarantee: `toWire` is only given rows that were read from `table`.
  return synced as unknown as SyncedTable<keyof Rows>;
}

/** What a copy holds, in the order in which a first sync gives it: what is linked to comes before its links. */
export const syncedTables: Readonly<Record<Entity, SyncedTable<keyof Rows>>> = {
  user: define({ table: users, owner: 'id', toWire: toUser }),
  goal: define({ table: goals, owner: 'user_id', toWire: toSyncedGoal }),
  task: define({ table: tasks, owner: 'user_id', toWire: toTask, requireLinks: requireTaskLinks }),
};

export const syncedEntities: readonly Entity[] = ['user', 'goal', 'task'];

/** Whether a row is to be taken out of a copy. */
export function isDeleted(row: object): boolean {
  return 'deletedAt' in row && row.deletedAt !== null;
}
