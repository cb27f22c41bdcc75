/** One conversion of a column to the enum without the value, as Prisma's engine writes it. */
const CONVERSION =
  /^ALTER TABLE (?<table>\S+) ALTER COLUMN "(?<column>[^"]+)" TYPE \S+?_new"(?:\[\])? USING \("[^"]+"::text::\S+_new"(?:\[\])?\);$/;
/** The new type, with the values that stay. */
const NEW_TYPE = /^CREATE TYPE (?:"[^"]+"\.)?"(?<type>[^"]+)_new" AS ENUM \((?<values>.*)\);$/;

/**
 * Makes what Prisma's engine writes for an enum that loses a value fit for a migration. PostgreSQL cannot take a value away, so
 * the engine makes a new type and converts the columns, within BEGIN and COMMIT: those go, as a migration is one transaction
 * already. Before each conversion stands a check that names the rows in its way, which else would fail as a cast.
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
