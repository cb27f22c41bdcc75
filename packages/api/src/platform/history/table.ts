import { type Column, columns, type Rows } from '@alice/db';
import type { ActivityEntity } from '@alice/db/models';

/** A table whose every change takes a number and leaves an activity line. */
export interface Table<Name extends keyof Rows = keyof Rows> {
  readonly name: Name;
  /** What the activity line calls it. */
  readonly entity: ActivityEntity;
  /** What a person calls one of its rows. */
  readonly noun: string;
  /** Finds one row by the person ($1) and the id ($2), and nobody else's. */
  readonly key: string;
  readonly softDeletes: boolean;
  /** The fields of the wire, where several columns are one of them; any other column is the field of its name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Columns that never enter the activity line. */
  readonly secret: readonly string[];
  /** Columns that follow from the others, in a new row too: SQL over `w`, the wanted row, and $3, the time of the change. */
  readonly derived: Readonly<Record<string, string>>;
  /** Columns that a change sets by what stands: SQL over `w`, $3, and `t`, the row before it. A new row has none. */
  readonly derivedFromOld: Readonly<Record<string, string>>;
}

/** The key of a row that a person owns. */
export const owned = 't.user_id = $1 AND t.id = $2';

/** Every column under its field's name, from the row called `alias`. */
export function selectRow(table: Pick<Table, 'name'>, alias: string): string {
  return columns[table.name].map(({ field, column }) => `${alias}.${column} AS "${field}"`).join(', ');
}

/**
 * The columns of an INSERT, and their values from `w`, the row that is wanted, at $3. By name: a column that a newer version added in the
 * meantime gets its default.
 */
export function insertedColumns({ name, derived }: Table): { readonly names: string; readonly wanted: string } {
  const names = columns[name].map(({ column }) => column);
  return { names: names.join(', '), wanted: names.map((column) => derived[column] ?? `w.${column}`).join(', ') };
}

/** The columns that a change may set: all but the key and what every change sets itself. */
export function settableColumns(table: Pick<Table, 'name'>): Column[] {
  const fixed = ['user_id', 'id', 'version', 'created_at', 'updated_at'];
  return columns[table.name].filter(({ column }) => !fixed.includes(column));
}

/** The fields of the wire that these columns are of, each once; `version` is none that a person changes. */
export function wireFields(table: Pick<Table, 'fields'>, names: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const column of names) if (column !== 'version') found.add(table.fields[column] ?? fieldName(column));
  return [...found].sort();
}

/** A column's field: the inverse of `columnName`. */
export function fieldName(column: string): string {
  return column.replace(/_[a-z]/g, (part) => part.slice(1).toUpperCase());
}
