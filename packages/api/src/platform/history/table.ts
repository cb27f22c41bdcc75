import { type Column, columns, type Rows } from '@alice/db';
import type { ActivityEntity } from '@alice/db/models';

/** A table whose every change takes a number and leaves an activity line. */
export interface Table<Name extends keyof Rows = keyof Rows> {
  readonly name: Name;
  /** What the activity line calls it. */
  readonly entity: ActivityEntity;
  /** Finds one row by the person ($1) and the id ($2), and nobody else's. */
  readonly key: string;
  readonly softDeletes: boolean;
  /** The fields of the wire, where several columns are one of them; any other column is the field of its name. */
  readonly fields: Readonly<Record<string, string>>;
  /** Columns that never enter the activity line. */
  readonly secret: readonly string[];
  /** Columns that follow from the others, as SQL over `w`, the wanted row, and $3, the time of the change. */
  readonly derived: Readonly<Record<string, string>>;
}

const owned = 't.user_id = $1 AND t.id = $2';

export const users: Table<'users'> = {
  name: 'users',
  entity: 'user',
  key: 't.id = $1 AND t.id = $2',
  softDeletes: false,
  fields: {},
  secret: ['password_hash', 'password_stands_alone'],
  // The database's own clock, as for sessions: the gates of all processes go by it.
  derived: { disabled_at: 'CASE WHEN w.disabled_at IS NOT NULL THEN coalesce(t.disabled_at, clock_timestamp()) END' },
};

export const sessions: Table<'sessions'> = {
  name: 'sessions',
  entity: 'session',
  key: owned,
  softDeletes: false,
  fields: {},
  secret: ['refresh_hash', 'start_key', 'start_hash'],
  // The database's own clock: other processes ask it which sessions ended since they last asked.
  derived: { ended_at: `CASE WHEN w.end_reason IS NOT NULL THEN coalesce(w.ended_at, clock_timestamp()) END` },
};

export const goals: Table<'goals'> = {
  name: 'goals',
  entity: 'goal',
  key: owned,
  softDeletes: true,
  fields: { metric_unit: 'metric', metric_start: 'metric', metric_target: 'metric', metric_current: 'metric' },
  secret: [],
  derived: {},
};

export const tasks: Table<'tasks'> = {
  name: 'tasks',
  entity: 'task',
  key: owned,
  softDeletes: true,
  fields: { due_date: 'due', due_time: 'due', due_time_zone: 'due', due_by: 'due' },
  secret: [],
  derived: {
    started_at: `CASE WHEN w.status = 'in_progress' THEN coalesce(w.started_at, $3) ELSE w.started_at END`,
    completed_at: `CASE WHEN w.status = 'done' THEN coalesce(w.completed_at, $3) END`,
  },
};

export const apiKeys: Table<'api_keys'> = {
  name: 'api_keys',
  entity: 'api_key',
  key: owned,
  softDeletes: false,
  fields: {},
  secret: ['hash'],
  // The database's own clock, as for sessions.
  derived: { ended_at: 'CASE WHEN w.ended_at IS NOT NULL THEN coalesce(t.ended_at, clock_timestamp()) END' },
};

export const passkeys: Table<'passkeys'> = {
  name: 'passkeys',
  entity: 'passkey',
  key: owned,
  softDeletes: false,
  fields: {},
  secret: ['public_key', 'credential_id', 'counter'],
  derived: {},
};

export const totps: Table<'totps'> = {
  name: 'totps',
  entity: 'totp',
  key: owned,
  softDeletes: false,
  fields: {},
  secret: ['sealed_secret', 'last_step'],
  derived: {},
};

/** What a person calls one of its rows. */
export function nounOf({ entity }: Pick<Table, 'entity'>): string {
  return entity === 'api_key' ? 'API key' : entity;
}

/** Every column under its field's name, from the row called `alias`. */
export function selectRow(table: Pick<Table, 'name'>, alias: string): string {
  return columns[table.name].map(({ field, column }) => `${alias}.${column} AS "${field}"`).join(', ');
}

/**
 * The columns of an INSERT, and the same of `w`, the row that is wanted. By name: a column that a newer version added in the
 * meantime gets its default.
 */
export function insertedColumns(table: Pick<Table, 'name'>): { readonly names: string; readonly wanted: string } {
  const names = columns[table.name].map(({ column }) => column);
  return { names: names.join(', '), wanted: names.map((column) => `w.${column}`).join(', ') };
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
