import type { Rows } from '@alice/db';
import type { Entity, SyncRule, Without } from '../../platform/history/entity.ts';
import { syncedEntities } from '../entities.ts';
import type { ChangeOut } from './change.ts';

type Name = ChangeOut['entity'];

/** Columns in the form of activity entries. */
export type Columns = Readonly<Record<string, unknown>>;

/** An entity whose rows are in local copies. */
export type SyncedEntity = Entity<Name, keyof Rows, string, Exclude<SyncRule, Without>>;

/** The names of the synced entities, in the order of an initial sync. */
export const syncedNames: readonly Name[] = syncedEntities.map(({ name }) => name);

const byName = new Map<string, SyncedEntity>(syncedEntities.map((entity) => [entity.name, entity]));

/** The synced entity of this name. */
export function syncedEntity(name: Name): SyncedEntity {
  const entity = byName.get(name);
  if (entity === undefined) throw new Error(`${name} is not synced`);
  return entity;
}

/** The entity of an activity entry, if it is synced. */
export function findSynced(name: string): SyncedEntity | undefined {
  return byName.get(name);
}

/** Makes a value for each synced entity, once, and returns the function that finds it. */
export function forEachSynced<Value>(make: (entity: SyncedEntity) => Value): (name: Name) => Value {
  const values = new Map(syncedNames.map((name) => [name, make(syncedEntity(name))]));
  // There is one for each name.
  return (name) => values.get(name) as Value;
}

/** The wire form of a row of this entity. */
export function toWire({ sync }: SyncedEntity, row: object): object {
  // The caller read the row from the table of this entity.
  return sync.toWire(row as never);
}

/** Whether a row must be removed from a local copy. */
export function isDeleted(row: object): boolean {
  return 'deletedAt' in row && row.deletedAt !== null;
}
