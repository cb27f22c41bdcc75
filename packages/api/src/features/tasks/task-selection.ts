import type { Rows } from '@alice/db';

/** A selection of tasks and its order: SQL over `tasks t`, and its parameters. */
export interface TaskSelection {
  /** Identifies the SQL: equal for equal SQL. */
  readonly shape: string;
  readonly where: string;
  readonly order: string;
  readonly values: readonly unknown[];
}

/** The position of a task in a sort order. */
export type TaskPosition = Pick<Rows['tasks'], 'id' | 'createdAt' | 'dueBy' | 'priority' | 'position'>;

const names = new Map<string, string>();

/** A name for each shape: PostgreSQL truncates names to 63 bytes, so the shape itself would be too long. */
export function nameFor(shape: string): string {
  const name = names.get(shape) ?? `tasks.list.${names.size + 1}`;
  names.set(shape, name);
  return name;
}
