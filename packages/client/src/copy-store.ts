import type { Change, SyncedGoal, Task, User } from '@alice/api/types';

/** What a copy holds, by entity. */
export interface SyncedRows {
  readonly task: Task;
  readonly goal: SyncedGoal;
  readonly user: User;
}

/** One row of a copy. Entity and id are its key. */
export type CopyRow = {
  readonly [Entity in Change['entity']]: {
    readonly entity: Entity;
    readonly id: string;
    readonly row: SyncedRows[Entity];
  };
}[Change['entity']];

/** Up to where a copy goes. Both are to be kept as they are. */
export interface CopyPlace {
  /** Where the next pull begins. */
  readonly cursor: string;
  /** The last change that is in the copy; null while its first sync is under way. */
  readonly number: number | null;
}

/** A copy as it was kept. */
export interface SavedCopy extends CopyPlace {
  readonly rows: Iterable<CopyRow>;
}

/** What to write, all of it or nothing. */
export interface CopyStep extends CopyPlace {
  /** The copy begins anew: drop all rows first. */
  readonly reset: boolean;
  /** New rows and those that replace the ones of their keys. Their instants are `Date`s. */
  readonly put: readonly CopyRow[];
  readonly remove: readonly Pick<CopyRow, 'entity' | 'id'>[];
}

/**
 * Where a local copy outlives the page: IndexedDB, SQLite, a file. One store holds one person's copy of one server. The
 * next step is saved when the last one is; one that fails ends the copy.
 */
export interface CopyStore {
  /** What was saved; null when there is nothing. */
  load(): Promise<SavedCopy | null>;
  save(step: CopyStep): Promise<void>;
}
