import { quoted } from './catalog.ts';
import type { Fingerprint, Table } from './manifest.ts';
import type { TransferSession } from './session.ts';

/**
 * Counts the rows of a table and adds up a hash of each, on the server. The sum does not depend on the order of rows,
 * and equal rows are counted twice (with an exclusive or they would cancel out). Two halves of 64 bits make collisions
 * practically impossible.
 */
export async function fingerprint(
  session: TransferSession,
  { schema, name, columns }: Omit<Table, 'label'>,
): Promise<Fingerprint> {
  const half = (from: number): string =>
    `coalesce(sum(('x' || substr(hash, ${from}, 16))::bit(64)::bigint::numeric), 0)::text`;
  const row = `ROW(${columns.map((column) => quoted(column)).join(', ')})::text`;
  const [result] = await session.rows<{ rows: string; checksum: string }>(
    `SELECT count(*)::text AS rows, ${half(1)} || '/' || ${half(17)} AS checksum
       FROM (SELECT encode(sha256(convert_to(${row}, 'UTF8')), 'hex') AS hash FROM ${quoted(schema, name)}) AS hashes`,
  );
  if (result === undefined) throw new Error(`${schema}.${name} returned no fingerprint`);
  return { rows: Number(result.rows), checksum: result.checksum };
}
