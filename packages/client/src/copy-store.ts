import type { SyncedEntity, SyncedRows } from './entities.ts';

/** One row of a local copy. Entity and id are its key. */
export type CopyRow = {
  readonly [Entity in SyncedEntity]: {
    readonly entity: Entity;
    readonly id: string;
    readonly row: SyncedRows[Entity];
  };
}[SyncedEntity];

/** The position of a local copy. Store both fields unchanged. */
export interface CopyPlace {
  /** The cursor of the next pull. */
  readonly cursor: string;
  /** The number of the latest change in the copy; null during an initial sync. */
  readonly number: number | null;
}

/** A saved copy. */
export interface SavedCopy extends CopyPlace {
  readonly rows: Iterable<CopyRow>;
}

/** A step to save, atomically. */
export interface CopyStep extends CopyPlace {
  /** A full sync has started: delete all rows first. */
  readonly reset: boolean;
  /** Rows to insert or replace by key. Their timestamps are `Date`s. */
  readonly put: readonly CopyRow[];
  readonly remove: readonly Pick<CopyRow, 'entity' | 'id'>[];
}

/**
 * Persistent storage for a local copy: IndexedDB, SQLite, a file. A store holds the copy of one user on one server. A
 * step is saved after the previous one; a failure stops the copy.
 */
export interface CopyStore {
  /** The saved copy; null if there is none. */
  load(): Promise<SavedCopy | null>;
  save(step: CopyStep): Promise<void>;
}
