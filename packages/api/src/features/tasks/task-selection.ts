import type { Rows } from '@alice/db';

/** Which tasks are read, and in which order: SQL over `tasks t`, and the values that it names. */
export interface TaskSelection {
  /** What makes the SQL what it is: equal for equal SQL. */
  readonly shape: string;
  readonly where: string;
  readonly order: string;
  readonly values: readonly unknown[];
}

/** Where a task stands, in any order. */
export type TaskPosition = Pick<Rows['tasks'], 'id' | 'createdAt' | 'dueBy' | 'priority'>;

const names = new Map<string, string>();

/** A name for each shape: PostgreSQL cuts names after 63 bytes, so the shape itself would be too long. */
export function nameFor(shape: string): string {
  const name = names.get(shape) ?? `tasks.list.${names.size + 1}`;
  names.set(shape, name);
  return name;
}
