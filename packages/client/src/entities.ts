import type { Change } from '@alice/api/types';

/** The entities of a local copy, each with the name of its rows there. One that is missing does not compile. */
export const collections = {
  user: 'users',
  list: 'lists',
  goal: 'goals',
  task: 'tasks',
} as const satisfies Record<Change['entity'], string>;

export type SyncedEntity = Change['entity'];

/** In the order in which the server sends them. */
export const syncedEntities = Object.keys(collections) as readonly SyncedEntity[];

/** The row of each entity. */
export type SyncedRows = {
  readonly [Entity in SyncedEntity]: NonNullable<Extract<Change, { entity: Entity }>['row']>;
};

/** The rows of each entity by id, under the name of the entity's rows. */
export type Collections = {
  readonly [Entity in SyncedEntity as (typeof collections)[Entity]]: Map<string, SyncedRows[Entity]>;
};
