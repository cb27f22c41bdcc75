import type pg from 'pg';

import type { Database } from './database.ts';
import { poolOf } from './handle.ts';
import type { ColumnShape, Statement } from './statement.ts';

/**
 * Prepares each statement on this database and compares the columns that PostgreSQL describes with the declared ones:
 * names, types, and NULL where the column of a table allows it. Nothing is executed. Returns a line for each fault.
 */
export async function checkStatements(database: Database, statements: Iterable<Statement>): Promise<string[]> {
  const catalog = await readCatalog(database);
  const client = await poolOf(database).acquire();
  const faults: string[] = [];
  try {
    for (const statement of statements) {
      const described = await describe(client, statement.text).catch((error: Error) => error.message);
      const found = typeof described === 'string' ? [described] : compare(statement, described, catalog);
      faults.push(...found.map((fault) => `${statement.name}: ${fault}`));
    }
    return faults;
  } finally {
    client.release();
  }
}

interface Field {
  readonly name: string;
  readonly tableID: number;
  readonly columnID: number;
  readonly dataTypeID: number;
}

/** A submittable of pg: parses and describes, and executes nothing. */
class Description {
  readonly fields: Promise<readonly Field[]>;
  readonly #text: string;
  readonly #settle: { resolve(fields: readonly Field[]): void; reject(error: unknown): void };
  #found: readonly Field[] = [];

  constructor(text: string) {
    const { promise, resolve, reject } = Promise.withResolvers<readonly Field[]>();
    this.#text = text;
    this.fields = promise;
    this.#settle = { resolve, reject };
  }

  submit(connection: pg.Connection): void {
    connection.parse({ name: '', text: this.#text, types: [] }, true);
    connection.describe({ type: 'S', name: '' }, true);
    connection.sync();
  }

  handleRowDescription({ fields }: { readonly fields: readonly Field[] }): void {
    this.#found = fields;
  }

  /** pg then waits for the server by itself. */
  handleError(error: unknown): void {
    this.#settle.reject(error);
  }

  handleReadyForQuery(): void {
    this.#settle.resolve(this.#found);
  }
}

function describe(client: pg.PoolClient, text: string): Promise<readonly Field[]> {
  const description = new Description(text);
  client.query(description);
  return description.fields;
}

interface Attribute {
  readonly table: string;
  readonly column: string;
  readonly type: number;
  readonly isNullable: boolean;
}

interface Catalog {
  readonly types: ReadonlyMap<number, { readonly name: string; readonly labels: readonly string[] | null }>;
  /** By `<oid of the table>.<number of the column>` and by `<table>.<column>`. */
  readonly attributes: ReadonlyMap<string, Attribute>;
}

async function readCatalog(database: Database): Promise<Catalog> {
  const types = await database.query<{ oid: number; name: string; labels: string[] | null }>(
    {
      text: `SELECT t.oid::int, t.typname AS name,
                    (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels
               FROM pg_type t`,
    },
    [],
  );
  const attributes = await database.query<Attribute & { oid: number; place: number }>(
    {
      text: `SELECT c.oid::int, a.attnum::int AS place, c.relname AS "table", a.attname AS "column", a.atttypid::int AS type,
                    NOT a.attnotnull AS "isNullable"
               FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
              WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped`,
    },
    [],
  );
  return {
    types: new Map(types.map(({ oid, ...type }) => [oid, type])),
    attributes: new Map(
      attributes.flatMap(({ oid, place, ...attribute }) => [
        [`${oid}.${place}`, attribute] as const,
        [`${attribute.table}.${attribute.column}`, attribute] as const,
      ]),
    ),
  };
}

function compare({ returns }: Statement, fields: readonly Field[], catalog: Catalog): string[] {
  const names = fields.map(({ name }) => name);
  const faults = Object.keys(returns).flatMap((name) => (names.includes(name) ? [] : [`does not return "${name}"`]));
  for (const [place, field] of fields.entries()) {
    const shape = returns[field.name];
    if (names.indexOf(field.name) < place) faults.push(`returns "${field.name}" twice`);
    else if (shape === undefined) faults.push(`returns "${field.name}", which it does not declare`);
    else faults.push(...compareColumn(field, shape, catalog).map((fault) => `"${field.name}" ${fault}`));
  }
  return faults;
}

function compareColumn(field: Field, shape: ColumnShape, { types, attributes }: Catalog): string[] {
  const type = types.get(field.dataTypeID);
  const origin = attributes.get(`${field.tableID}.${field.columnID}`);
  const faults: string[] = [];
  let isNullable = shape.isNullable;
  if (shape.source !== undefined) {
    const { table, column } = shape.source;
    const source = attributes.get(`${table}.${column}`);
    if (source === undefined) return [`comes from ${table}.${column}, which does not exist`];
    if (source.type !== field.dataTypeID) faults.push(`is ${type?.name}, and ${table}.${column} is not`);
    if (origin !== undefined && origin.column !== column)
      faults.push(`is ${origin.table}.${origin.column}, not ${column}`);
    isNullable ||= source.isNullable;
  } else if (shape.labels !== undefined && type?.labels != null) {
    const [has, says] = [type.labels.toSorted().join(), shape.labels.toSorted().join()];
    if (has !== says) faults.push(`has the labels ${has}, not ${says}`);
  } else if (!shape.types.includes(type?.name ?? '')) faults.push(`is ${type?.name}, not ${shape.types.join(' or ')}`);
  if (origin?.isNullable === true && !isNullable) faults.push(`can be NULL, as ${origin.table}.${origin.column} can`);
  return faults;
}
