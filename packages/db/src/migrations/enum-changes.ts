/** The conversion of a column to the enum without the value, as Prisma's engine writes it. */
const CONVERSION =
  /^ALTER TABLE (?<table>\S+) ALTER COLUMN "(?<column>[^"]+)" TYPE \S+?_new"(?:\[\])? USING \("[^"]+"::text::\S+_new"(?:\[\])?\);$/;
/** The new type, with the remaining values. */
const NEW_TYPE = /^CREATE TYPE (?:"[^"]+"\.)?"(?<type>[^"]+)_new" AS ENUM \((?<values>.*)\);$/;

/**
 * Adapts the SQL of Prisma's engine for an enum that loses a value. PostgreSQL cannot remove a value, so the engine
 * creates a new type and converts the columns between BEGIN and COMMIT. These are removed, since a migration is already
 * one transaction. Before each conversion, a check names the rows that still have the value; otherwise the cast would
 * fail without them.
 */
export function fitEnumChanges(sql: string): string {
  const lines: string[] = [];
  let block: { readonly type: string; readonly values: string } | null = null;
  for (const line of sql.split('\n')) {
    if (line === 'BEGIN;' || line === 'COMMIT;') {
      block = null;
      continue;
    }
    const { type, values } = NEW_TYPE.exec(line)?.groups ?? {};
    if (type !== undefined && values !== undefined) block = { type, values };
    const { table, column } = CONVERSION.exec(line)?.groups ?? {};
    if (block !== null && table !== undefined && column !== undefined)
      lines.push(checkFor(table, column, line.includes('_new"[]'), block));
    lines.push(line);
  }
  return lines.join('\n');
}

function checkFor(
  table: string,
  column: string,
  isList: boolean,
  { type, values }: { type: string; values: string },
): string {
  const held = isList ? `"${column}"::text[]` : `ARRAY["${column}"::text]`;
  const name = `${/"([^"]+)"$/.exec(table)?.[1] ?? table}.${column}`.replaceAll("'", "''");
  return `DO $$
DECLARE held text;
BEGIN
  SELECT string_agg(DISTINCT value, ', ') INTO held FROM ${table}, unnest(${held}) AS value WHERE value NOT IN (${values});
  IF held IS NOT NULL THEN
    RAISE EXCEPTION '${name} still holds %, which ${type.replaceAll("'", "''")} loses: change those rows first', held;
  END IF;
END $$;`;
}
