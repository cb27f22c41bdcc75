import type { ApiKey, Goal, Label, List, Occurrence, Passkey, Session, Task, Totp, User } from './generated/client.ts';
import { Prisma } from './generated/client.ts';
import type { Wire } from './to-wire.ts';

/** Rows of the tables with a numbered history, as `Database.query` returns them: without `Date` and bigint. */
export interface Rows {
  readonly users: Wire<User>;
  readonly sessions: Wire<Session>;
  readonly goals: Wire<Goal>;
  readonly lists: Wire<List>;
  readonly labels: Wire<Label>;
  readonly tasks: Wire<Task>;
  readonly occurrences: Wire<Occurrence>;
  readonly api_keys: Wire<ApiKey>;
  readonly passkeys: Wire<Passkey>;
  readonly totps: Wire<Totp>;
}

export interface Column {
  /** The name in Prisma and TypeScript: `dueDate`. */
  readonly field: string;
  /** The name in SQL: `due_date`. */
  readonly column: string;
}

/** The columns of each table, from the Prisma schema: a new field is added to every statement automatically. */
export const columns: Readonly<Record<keyof Rows, readonly Column[]>> = {
  users: named(Prisma.UserScalarFieldEnum),
  sessions: named(Prisma.SessionScalarFieldEnum),
  goals: named(Prisma.GoalScalarFieldEnum),
  lists: named(Prisma.ListScalarFieldEnum),
  labels: named(Prisma.LabelScalarFieldEnum),
  tasks: named(Prisma.TaskScalarFieldEnum),
  occurrences: named(Prisma.OccurrenceScalarFieldEnum),
  api_keys: named(Prisma.ApiKeyScalarFieldEnum),
  passkeys: named(Prisma.PasskeyScalarFieldEnum),
  totps: named(Prisma.TotpScalarFieldEnum),
};

/** The column of a field: its name in snake_case (a test checks the schema). */
export function columnName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function named(fields: Readonly<Record<string, string>>): Column[] {
  return Object.values(fields).map((field) => ({ field, column: columnName(field) }));
}
