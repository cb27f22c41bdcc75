import { columnName, columns, type Rows } from './columns.ts';

/** The type of a value: only the compiler knows it. */
declare const valueType: unique symbol;
declare const rowType: unique symbol;
declare const isDeclared: unique symbol;

/** What a statement says of a column of its result. A test compares it with what PostgreSQL returns. */
export interface ColumnShape<Value = unknown> {
  /** PostgreSQL's names of the types that it may have; empty: any enum. */
  readonly types: readonly string[];
  readonly isNullable: boolean;
  /** The labels of an enum. */
  readonly labels?: readonly string[];
  /** The column of a table that it comes from: it has the same type. */
  readonly source?: { readonly table: string; readonly column: string };
  readonly [valueType]?: Value;
}

export type RowShape = Readonly<Record<string, ColumnShape>>;

/** The shape of a row. */
export type ShapeOf<Row> = { readonly [Name in keyof Row]: ColumnShape<Row[Name]> };

/** The row of a shape, in wire form. */
export type RowOf<Shape extends RowShape> = {
  readonly [Name in keyof Shape]: Shape[Name] extends ColumnShape<infer Value> ? Value : never;
};

/** A shape whose rows are narrower than its columns say, such as a union. The caller's claim: only the columns are checked. */
export interface ClaimedRow<Row> {
  readonly shape: RowShape;
  readonly [rowType]?: Row;
}

/** A prepared statement, parsed once per connection, and the shape of its rows. Written with `sql` only. */
export interface Statement<Row = unknown> {
  readonly name: string;
  readonly text: string;
  readonly returns: RowShape;
  readonly [isDeclared]: true;
  readonly [rowType]?: Row;
}

/** A statement without a name is parsed each time, and its rows are the caller's claim: for settings and tests. */
export interface UnnamedStatement {
  readonly name?: undefined;
  readonly text: string;
}

interface Declaration<Returns> {
  readonly name: string;
  readonly text: string;
  /** The columns of the result; nothing for a statement that returns none. */
  readonly returns?: Returns;
}

type RowFrom<Returns> =
  Returns extends ClaimedRow<infer Row> ? Row : Returns extends RowShape ? RowOf<Returns> : Record<never, never>;

const declared = new Map<string, Statement>();
const families = new Set<string>();

/** PostgreSQL cuts longer names, and two statements could get the same one. */
const longestName = 63;

/** Declares a named statement, once, when its module is loaded: a test prepares every declared statement. */
export function sql<const Returns extends RowShape | ClaimedRow<unknown> = Record<never, never>>(
  declaration: Declaration<Returns>,
): Statement<RowFrom<Returns>> {
  const made = make(declaration);
  if (declared.has(made.name)) throw new TypeError(`the statement ${made.name} is declared twice`);
  declared.set(made.name, made);
  return made;
}

/**
 * Declares a family of named statements, whose text is generated. The returned function makes one of them and does no
 * other work. A test prepares the variants of every declared family.
 */
export function sqlFamily(
  family: string,
): <const Returns extends RowShape | ClaimedRow<unknown> = Record<never, never>>(
  declaration: Declaration<Returns>,
) => Statement<RowFrom<Returns>> {
  if (families.has(family)) throw new TypeError(`the statements ${family} are declared twice`);
  families.add(family);
  return make;
}

/** Every statement and every family of the modules that are loaded, for the test that prepares them. */
export function declaredStatements(): {
  readonly statements: readonly Statement[];
  readonly families: readonly string[];
} {
  return { statements: [...declared.values()], families: [...families] };
}

function make<Returns extends RowShape | ClaimedRow<unknown>>({
  name,
  text,
  returns,
}: Declaration<Returns>): Statement<RowFrom<Returns>> {
  if (name.length > longestName) throw new TypeError(`the name of the statement ${name} is too long`);
  return asStatement({ name, text, returns: returns === undefined ? none : shapeOf(returns) });
}

/** The guarantee: only declarations come here, and `Row` follows from what they return. */
function asStatement<Row>(made: Pick<Statement, 'name' | 'text' | 'returns'>): Statement<Row> {
  return made as Statement<Row>;
}

const none: RowShape = {};

function shapeOf(returns: RowShape | ClaimedRow<unknown>): RowShape {
  return isClaim(returns) ? returns.shape : returns;
}

const claims = new WeakSet<object>();

function isClaim(returns: RowShape | ClaimedRow<unknown>): returns is ClaimedRow<unknown> {
  return claims.has(returns);
}

/** Rows that are narrower than their columns say. */
export function claimed<Row>(shape: RowShape): ClaimedRow<Row> {
  const made = { shape };
  claims.add(made);
  return made;
}

function column<Value>(...types: readonly string[]): ColumnShape<Value> {
  return { types, isNullable: false };
}

/** Types of columns, by the value that they have in wire form. */
export const types = {
  text: column<string>('text', 'varchar'),
  uuid: column<string>('uuid'),
  number: column<number>('int2', 'int4', 'int8', 'float8', 'numeric'),
  boolean: column<boolean>('bool'),
  /** `YYYY-MM-DDTHH:MM:SS.mmmZ` */
  instant: column<string>('timestamptz'),
  /** `YYYY-MM-DD` */
  date: column<string>('date'),
  /** PostgreSQL's text of a timestamp without a time zone. */
  wallClock: column<string>('timestamp'),
  bytes: column<Buffer>('bytea'),
  texts: column<string[]>('_text'),
  dates: column<string[]>('_date'),
  /** What the JSON contains is the caller's claim. */
  json: <Value>(): ColumnShape<Value> => column('json', 'jsonb'),
  /** An enum with exactly these labels, or a text that is known to be one of them. */
  oneOf: <const Label extends string>(labels: readonly Label[]): ColumnShape<Label> => ({
    types: ['text'],
    isNullable: false,
    labels,
  }),
  orNull: <Value>(shape: ColumnShape<Value>): ColumnShape<Value | null> => ({ ...shape, isNullable: true }),
};

/** The columns of a table with history under their fields: these, or all. */
export function rowOf<Table extends keyof Rows, Field extends keyof Rows[Table] & string = keyof Rows[Table] & string>(
  table: Table,
  ...fields: readonly Field[]
): ShapeOf<Pick<Rows[Table], Field>> {
  const named: readonly string[] = fields.length > 0 ? fields : columns[table].map(({ field }) => field);
  const shapes = named.map((field) => [
    field,
    { types: [], isNullable: false, source: { table, column: columnName(field) } },
  ]);
  return asShapes(Object.fromEntries(shapes));
}

/** The guarantee: there is one shape for each field. */
function asShapes<Shapes>(shapes: object): Shapes {
  return shapes as Shapes;
}

/** Every column of a row as null: what an outer join that finds nothing returns. */
export function outer(shape: RowShape): RowShape {
  return Object.fromEntries(Object.entries(shape).map(([name, each]) => [name, types.orNull(each)]));
}
