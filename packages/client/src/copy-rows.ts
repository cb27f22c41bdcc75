import type { Change } from '@alice/api/types';
import type { CopyRow, CopyStep } from './copy-store.ts';
import { type Collections, collections, type SyncedEntity, syncedEntities } from './entities.ts';

/** The rows of a local copy. Changes may arrive in any order and repeatedly: the highest version of a row wins. */
export class CopyRows {
  /** The rows of each entity, by id. */
  readonly all: Collections;
  /** The number of the latest change in the copy; null during an initial sync. */
  number: number | null = null;
  /** The versions of deleted rows, so that an older change does not bring a row back. */
  readonly #deleted: Map<string, number> = new Map();

  constructor() {
    const empty = syncedEntities.map((entity) => [collections[entity], new Map()]);
    // One for each entity, under its name.
    this.all = Object.fromEntries(empty) as Collections;
  }

  /** Applies changes and returns those that were new. */
  apply(changes: readonly Change[]): Change[] {
    return changes.filter((change) => this.#take(change));
  }

  /**
   * All changes up to this number are applied. Older changes are recognised by their number, so deleted rows can be
   * forgotten.
   */
  settle(number: number): void {
    this.number = Math.max(number, this.number ?? 0);
    this.#deleted.clear();
  }

  put({ entity, id, row }: CopyRow): void {
    this.#of(entity)?.set(id, row);
  }

  rows(): CopyRow[] {
    return syncedEntities.flatMap((entity) =>
      // The rows of one entity.
      Array.from(this.#of(entity) ?? [], ([id, row]) => ({ entity, id, row }) as CopyRow),
    );
  }

  /** The changes that turn `older` into this copy; missing rows become deletions. */
  since(older: CopyRows): Change[] {
    const facts = { number: this.number ?? 0, group: null, changedAt: new Date() };
    const news = this.rows().filter(({ entity, id, row }) => older.#of(entity)?.get(id)?.version !== row.version);
    const gone = older.rows().filter(({ entity, id }) => this.#of(entity)?.has(id) !== true);
    return [
      ...news.map((row) => ({ ...facts, ...row, action: 'snapshot', deleted: false })),
      ...gone.map(({ entity, id }) => ({ ...facts, entity, id, action: 'delete', deleted: true, row: null })),
    ];
  }

  #take(change: Change): boolean {
    const { entity, id, row, number } = change;
    const held = this.#of(entity);
    // Entities of a newer server are ignored.
    if (held === undefined || (this.number !== null && number <= this.number)) return false;
    // A permanently deleted row has no version, and no change follows.
    const version = row?.version ?? Number.POSITIVE_INFINITY;
    if (version <= (this.#deleted.get(keyOf(change)) ?? held.get(id)?.version ?? 0)) return false;
    if (!hasRow(change)) {
      this.#deleted.set(keyOf(change), version);
      return held.delete(id);
    }
    this.#deleted.delete(keyOf(change));
    this.put(change);
    return true;
  }

  /** The rows of an entity; undefined for one that only a newer server knows. */
  #of(entity: SyncedEntity): Map<string, CopyRow['row']> | undefined {
    return this.all[collections[entity]] as Map<string, CopyRow['row']> | undefined;
  }
}

/** The result of new changes, with each row once. */
export function toStep(news: readonly Change[]): Pick<CopyStep, 'put' | 'remove'> {
  const last = [...new Map(news.map((change) => [keyOf(change), change])).values()];
  return {
    put: last.filter(hasRow).map(toRow),
    remove: last.filter((change) => !hasRow(change)).map(({ entity, id }) => ({ entity, id })),
  };
}

function keyOf({ entity, id }: Change): string {
  return `${entity} ${id}`;
}

function hasRow(change: Change): change is Change & CopyRow {
  return !change.deleted && change.row !== null;
}

/** The guarantee of the cast: the three fields belong to one `CopyRow`. */
function toRow({ entity, id, row }: CopyRow): CopyRow {
  return { entity, id, row } as CopyRow;
}
