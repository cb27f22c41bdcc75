import type { SequenceState, Table } from './manifest.ts';
import type { TransferSession } from './session.ts';

/** The schema of our tables, and that of pg-boss. */
export const SCHEMAS = ['public', 'pgboss'] as const;

/** pg-boss's statistics, partitioned by day: it recreates them, and ALICE does not use them. */
const NOT_COPIED = 'pgboss.queue_stats';

/** A quoted SQL identifier. */
export function quoted(...parts: readonly string[]): string {
  return parts.map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
}

const TABLES = `
  SELECT n.nspname AS schema, c.relname AS name,
         ARRAY(SELECT a.attname::text FROM pg_attribute a
                WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
                ORDER BY a.attname COLLATE "C") AS columns
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname || '.' || c.relname <> $2
     AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
   ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C"`;

/** Foreign keys of a partition belong to its parent, and a table may reference itself. */
const REFERENCES = `
  SELECT DISTINCT fn.nspname || '.' || f.relname AS "from", tn.nspname || '.' || t.relname AS "to"
    FROM pg_constraint k
    JOIN pg_class f ON f.oid = coalesce(pg_partition_root(k.conrelid), k.conrelid)
    JOIN pg_namespace fn ON fn.oid = f.relnamespace
    JOIN pg_class t ON t.oid = coalesce(pg_partition_root(k.confrelid), k.confrelid)
    JOIN pg_namespace tn ON tn.oid = t.relnamespace
   WHERE k.contype = 'f' AND f.oid <> t.oid AND fn.nspname = ANY($1)`;

/** All tables to copy, each after the tables that it references; partitions are read through their parent. */
export async function readTables(session: TransferSession, schemas: readonly string[] = SCHEMAS): Promise<Table[]> {
  const tables = await session.rows<Table>(TABLES, [schemas, NOT_COPIED]);
  const references = await session.rows<{ from: string; to: string }>(REFERENCES, [schemas]);
  return inOrder(tables, references);
}

/** The sequences that have been used. */
export async function readSequences(session: TransferSession): Promise<SequenceState[]> {
  return session.rows<SequenceState>(
    `SELECT schemaname AS schema, sequencename AS name, last_value::text AS "lastValue" FROM pg_sequences
      WHERE schemaname = ANY($1) AND last_value IS NOT NULL ORDER BY 1, 2`,
    [SCHEMAS],
  );
}

function inOrder(tables: readonly Table[], references: readonly { from: string; to: string }[]): Table[] {
  const key = ({ schema, name }: Table): string => `${schema}.${name}`;
  const waiting = new Map(tables.map((table) => [key(table), table]));
  const ordered: Table[] = [];
  while (waiting.size > 0) {
    const ready = [...waiting.values()].filter(
      (table) => !references.some(({ from, to }) => from === key(table) && waiting.has(to)),
    );
    if (ready.length === 0)
      throw new Error(
        `the foreign keys of ${[...waiting.keys()].join(', ')} form a cycle: they cannot be copied in order`,
      );
    for (const table of ready) waiting.delete(key(table));
    ordered.push(...ready);
  }
  return ordered;
}
