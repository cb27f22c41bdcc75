import type { Rows } from '@alice/db';
import type { ActivityEntity } from '@alice/db/models';
import type { z } from 'zod';
import type { Scope } from '../schemas/scopes.ts';

/** How rows reach the local copies of their user: as `row`, made by `toWire`; or why they do not. */
export type SyncRule = { readonly row: z.ZodType; readonly toWire: (row: never) => object } | Without;

/** The list of an export that holds the rows, and its schema; or why an export leaves them out. */
export type ExportRule = { readonly list: string; readonly row: z.ZodType } | Without;

export interface EntityScopes {
  readonly read: Scope;
  readonly write: Scope;
}

export interface Without {
  readonly none: string;
}

/** A field that refers to a row of another entity, or to several. A change of the field takes rows that are not deleted. */
export interface Link {
  readonly field: string;
  readonly column: string;
  readonly table: keyof Rows;
  /** The name of the other entity in messages. */
  readonly noun: string;
  /** The row cannot be without the other one: restoring it is refused while that is deleted. */
  readonly isRequired?: true;
  /** The field is an array of ids. Ids that were in it before need not be of existing rows. */
  readonly isList?: true;
}

/**
 * The definition of an entity: a table with history, where every change takes a change number and writes an activity
 * entry. Sync, undo, exports, the security history, the API reference and the SDK's copy are made from it.
 */
export interface Entity<
  Name extends ActivityEntity = ActivityEntity,
  Table extends keyof Rows = keyof Rows,
  Secret extends string = string,
  Sync extends SyncRule = SyncRule,
  Export extends ExportRule = ExportRule,
  Scopes extends EntityScopes | null = EntityScopes | null,
> {
  /** The name in activity entries and in changes: `task`. */
  readonly name: Name;
  readonly table: Table;
  /** The name in messages. */
  readonly noun: string;
  /** The column that holds the user. A user's own row has no `user_id`. */
  readonly owner: 'user_id' | 'id';
  /** Where its entries are shown: with the user's tasks and goals, or among the security events. */
  readonly history: 'user' | 'security';
  readonly softDeletes: boolean;
  /** Wire fields that consist of several columns; every other column is the field with its name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Fields that are never read by default, never written to an activity entry and never exported. */
  readonly secret: readonly Secret[];
  /** Columns that are derived from the others, also in a new row: SQL over `w`, the new row, and $2, the time of the change. */
  readonly derived: Readonly<Record<string, string>>;
  /** Columns that are derived from the old row: SQL over `w`, $2, and `t`, the row before the change. A new row has none. */
  readonly derivedFromOld: Readonly<Record<string, string>>;
  /** Columns that a new row may leave out: SQL of the value, from SQL of the number of the change that creates the row. */
  readonly initial: Readonly<Record<string, (number: string) => string>>;
  /** Columns that had another name: old name to new name. Older activity entries contain the old names. */
  readonly formerColumns: Readonly<Record<string, string>>;
  readonly links: readonly Link[];
  readonly sync: Sync;
  readonly export: Export;
  /** The heading of its procedures in the API reference; without one, they stand under another entity's. */
  readonly reference?: { readonly router: string; readonly name: string; readonly description: string };
  /** The scopes that an API key needs; null: it takes a session. */
  readonly scopes: Scopes;
}

type Optional =
  | 'softDeletes'
  | 'fields'
  | 'secret'
  | 'derived'
  | 'derivedFromOld'
  | 'initial'
  | 'formerColumns'
  | 'links';

/** Defines an entity. What most entities do not have may be left out. */
export function defineEntity<
  const Name extends ActivityEntity,
  const Table extends keyof Rows,
  const Sync extends SyncRule,
  const Export extends ExportRule,
  const Scopes extends EntityScopes | null,
  const Secret extends keyof Rows[Table] & string = never,
>(
  definition: Omit<Entity<Name, Table, Secret, Sync, Export, Scopes>, Optional> &
    Partial<Pick<Entity<Name, Table, Secret, Sync, Export, Scopes>, Optional>>,
): Entity<Name, Table, Secret, Sync, Export, Scopes> {
  return {
    softDeletes: false,
    fields: {},
    secret: [],
    derived: {},
    derivedFromOld: {},
    initial: {},
    formerColumns: {},
    links: [],
    ...definition,
  };
}

type TableOf<Of extends Entity> = Of extends Entity<ActivityEntity, infer Table> ? Table : never;
type SecretOf<Of extends Entity> = Of['secret'][number];

/** A row as it is read by default: without its secrets. */
export type RowOf<Of extends Entity> = Omit<Rows[TableOf<Of>], SecretOf<Of>>;

type FirstValue = 'userId' | 'version' | 'createdAt' | 'updatedAt';

/** A complete new row, except its owner, version and timestamps. An entity with an initial position may leave that out. */
export type NewRow<Of extends Entity> = Omit<Rows[TableOf<Of>], FirstValue | 'position'> &
  Partial<Pick<Rows[TableOf<Of>], Extract<keyof Rows[TableOf<Of>], 'position'>>>;
