import type { Change } from '@alice/api/types';

export type SyncedEntity = Change['entity'];

/** The name that the rows of each entity have in a local copy. */
export type CollectionNames = { readonly [Entity in SyncedEntity]: `${Entity}s` };

/** The entities of a local copy, in the order of an initial sync. One that is missing does not compile. */
export const collections: CollectionNames = {
  user: 'users',
  list: 'lists',
  label: 'labels',
  goal: 'goals',
  task: 'tasks',
  occurrence: 'occurrences',
};

/** Their names. */
export const syncedEntities: readonly SyncedEntity[] = Object.keys(collections) as SyncedEntity[];

/** The row of each entity. */
export type SyncedRows = {
  readonly [Entity in SyncedEntity]: NonNullable<Extract<Change, { entity: Entity }>['row']>;
};

/** The rows of each entity by id, under the name of the entity's rows. */
export type Collections = {
  readonly [Entity in SyncedEntity as CollectionNames[Entity]]: Map<string, SyncedRows[Entity]>;
};
