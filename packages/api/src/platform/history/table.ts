import { type Column, columns, type Rows } from '@alice/db';
import type { ActivityEntity } from '@alice/db/models';

/** A table with history: every change takes a change number and writes an activity entry. */
export interface Table<Name extends keyof Rows = keyof Rows> {
  readonly name: Name;
  /** The name of the entity in activity entries. */
  readonly entity: ActivityEntity;
  /** The name of the entity in messages. */
  readonly noun: string;
  /** Finds one row by user ($1) and id ($2), never a row of another user. */
  readonly key: string;
  readonly softDeletes: boolean;
  /** Wire fields that consist of several columns; every other column is the field with its name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Columns that are never written to the activity entry. */
  readonly secret: readonly string[];
  /** Columns that are derived from the others, also in a new row: SQL over `w`, the new row, and $3, the time of the change. */
  readonly derived: Readonly<Record<string, string>>;
  /** Columns that are derived from the old row: SQL over `w`, $3, and `t`, the row before the change. A new row has none. */
  readonly derivedFromOld: Readonly<Record<string, string>>;
}

/** The key of a row that a user owns. */
export const owned = 't.user_id = $1 AND t.id = $2';

/** Every column under the name of its field, from the row `alias`. */
export function selectRow(table: Pick<Table, 'name'>, alias: string): string {
  return columns[table.name].map(({ field, column }) => `${alias}.${column} AS "${field}"`).join(', ');
}

/**
 * The columns of an INSERT, and their values from `w`, the new row, at $3. They are named, so that a column that a newer
 * version has added gets its default.
 */
export function insertedColumns({ name, derived }: Table): { readonly names: string; readonly wanted: string } {
  const names = columns[name].map(({ column }) => column);
  return { names: names.join(', '), wanted: names.map((column) => derived[column] ?? `w.${column}`).join(', ') };
}

/** The columns that a change may set: all except the key and those that every change sets. */
export function settableColumns(table: Pick<Table, 'name'>): Column[] {
  const fixed = ['user_id', 'id', 'version', 'created_at', 'updated_at'];
  return columns[table.name].filter(({ column }) => !fixed.includes(column));
}

/** The wire fields of these columns, without duplicates and without `version`. */
export function wireFields(table: Pick<Table, 'fields'>, names: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const column of names) if (column !== 'version') found.add(table.fields[column] ?? fieldName(column));
  return [...found].sort();
}

/** The field of a column: the inverse of `columnName`. */
export function fieldName(column: string): string {
  return column.replace(/_[a-z]/g, (part) => part.slice(1).toUpperCase());
}
