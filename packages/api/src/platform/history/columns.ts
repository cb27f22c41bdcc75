import { type Column, columnName, columns, rowOf, type ShapeOf } from '@alice/db';
import type { Entity, RowOf } from './entity.ts';

/** Every column except secrets under the name of its field, from the row `alias`. */
export function selectRow(entity: Pick<Entity, 'table' | 'secret'>, alias: string): string {
  return columns[entity.table]
    .filter(({ field }) => !entity.secret.includes(field))
    .map(({ field, column }) => `${alias}.${column} AS "${field}"`)
    .join(', ');
}

/** The shape of the rows that `selectRow` reads. */
export function rowShape<Of extends Entity>({ table, secret }: Of): ShapeOf<RowOf<Of>> {
  const shown = Object.entries(rowOf(table)).filter(([field]) => !secret.includes(field));
  // There is a shape for each field that is not secret.
  return Object.fromEntries(shown) as ShapeOf<RowOf<Of>>;
}

/** `selectRow`, and these secrets. */
export function selectRowWith(
  { table, secret }: Pick<Entity, 'table' | 'secret'>,
  wanted: readonly string[],
  alias: string,
): string {
  return selectRow({ table, secret: secret.filter((field) => !wanted.includes(field)) }, alias);
}

/**
 * The columns of an INSERT, and their values from `w`, the new row, at $2, by the change `number` (SQL). They are named, so
 * that a column that a newer version has added gets its default.
 */
export function insertedColumns(
  { table, derived, initial }: Pick<Entity, 'table' | 'derived' | 'initial'>,
  number = '0',
) {
  const names = columns[table].map(({ column }) => column);
  const valueFor = (column: string) => {
    const first = initial[column]?.(number);
    return first === undefined ? (derived[column] ?? `w.${column}`) : `coalesce(w.${column}, ${first})`;
  };
  return { names: names.join(', '), values: names.map(valueFor).join(', ') };
}

/** The columns that a change may set: all except the key and those that every change sets. */
export function settableColumns({ table }: Pick<Entity, 'table'>): Column[] {
  const fixed = ['user_id', 'id', 'version', 'created_at', 'updated_at'];
  return columns[table].filter(({ column }) => !fixed.includes(column));
}

/** The columns of the entity's secrets. */
export function secretColumns({ secret }: Pick<Entity, 'secret'>): string[] {
  return secret.map(columnName);
}

/** These columns as elements of a SQL array. */
export function quoted(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}

/** SQL: the present name of a column that is named as in an activity entry, which may be an older name. */
export function currentColumn({ formerColumns }: Pick<Entity, 'formerColumns'>, name: string): string {
  const renamed = Object.entries(formerColumns).map(([old, now]) => `WHEN '${old}' THEN '${now}'`);
  return renamed.length === 0 ? name : `CASE ${name} ${renamed.join(' ')} ELSE ${name} END`;
}

/** SQL: an object from an activity entry, with the present names of its columns. */
export function currentColumns(entity: Pick<Entity, 'formerColumns'>, object: string): string {
  if (Object.keys(entity.formerColumns).length === 0) return object;
  return `(SELECT jsonb_object_agg(${currentColumn(entity, 'o.key')}, o.value) FROM jsonb_each(${object}) o)`;
}

/** The wire fields of these columns, without duplicates and without `version`. */
export function wireFields(entity: Pick<Entity, 'fields' | 'formerColumns'>, names: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const name of names) {
    const column = entity.formerColumns[name] ?? name;
    if (column !== 'version') found.add(entity.fields[column] ?? fieldName(column));
  }
  return [...found].sort();
}

/** The field of a column: the inverse of `columnName`. */
export function fieldName(column: string): string {
  return column.replace(/_[a-z]/g, (part) => part.slice(1).toUpperCase());
}
