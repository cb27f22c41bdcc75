import type { ApiKey, Goal, Passkey, Session, Task, Totp, User } from './generated/client.ts';
import { Prisma } from './generated/client.ts';

/** The rows of the tables that keep a numbered history, as `Database.query` gives them: no `Date`, bytes or bigint. */
export interface Rows {
  readonly users: Wire<User>;
  readonly sessions: Wire<Session>;
  readonly goals: Wire<Goal>;
  readonly tasks: Wire<Task>;
  readonly api_keys: Wire<ApiKey>;
  readonly passkeys: Wire<Passkey>;
  readonly totps: Wire<Totp>;
}

type Wire<Model> = { readonly [Field in keyof Model]: WireValue<Model[Field]> };
type WireValue<Value> = Value extends Date
  ? string
  : Value extends bigint
    ? number
    : Value extends Uint8Array
      ? Buffer
      : Value;

export interface Column {
  /** As Prisma and TypeScript name it: `dueDate`. */
  readonly field: string;
  /** As SQL names it: `due_date`. */
  readonly column: string;
}

/** The columns of each table, from the Prisma schema: a new field is in every statement with no change here. */
export const columns: Readonly<Record<keyof Rows, readonly Column[]>> = {
  users: named(Prisma.UserScalarFieldEnum),
  sessions: named(Prisma.SessionScalarFieldEnum),
  goals: named(Prisma.GoalScalarFieldEnum),
  tasks: named(Prisma.TaskScalarFieldEnum),
  api_keys: named(Prisma.ApiKeyScalarFieldEnum),
  passkeys: named(Prisma.PasskeyScalarFieldEnum),
  totps: named(Prisma.TotpScalarFieldEnum),
};

/** A field's column: its snake_case name (a test holds the schema to it). */
export function columnName(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function named(fields: Readonly<Record<string, string>>): Column[] {
  return Object.values(fields).map((field) => ({ field, column: columnName(field) }));
}
