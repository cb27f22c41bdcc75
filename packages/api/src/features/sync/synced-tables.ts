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

/** Columns in the form of activity entries. */
export type Columns = Readonly<Record<string, unknown>>;

interface SyncedTable<Name extends keyof Rows> {
  readonly table: Table<Name>;
  /** The user row has no `user_id`. */
  readonly owner: 'id' | 'user_id';
  readonly toWire: (row: Rows[Name]) => object;
  /** Throws CANNOT_UNDO if the restored values would refer to a deleted row. */
  readonly requireLinks?: (ctx: UserContext, columns: Columns) => Promise<void>;
}

function define<Name extends keyof Rows>(synced: SyncedTable<Name>): SyncedTable<keyof Rows> {
  // The guarantee: `toWire` only gets rows of `table`.
  return synced as unknown as SyncedTable<keyof Rows>;
}

/** The entities of a local copy, in the order of an initial sync: referenced entities first. */
export const syncedTables: Readonly<Record<Entity, SyncedTable<keyof Rows>>> = {
  user: define({ table: users, owner: 'id', toWire: toUser }),
  goal: define({ table: goals, owner: 'user_id', toWire: toSyncedGoal }),
  task: define({ table: tasks, owner: 'user_id', toWire: toTask, requireLinks: requireTaskLinks }),
};

export const syncedEntities: readonly Entity[] = ['user', 'goal', 'task'];

/** Whether a row must be removed from a local copy. */
export function isDeleted(row: object): boolean {
  return 'deletedAt' in row && row.deletedAt !== null;
}
