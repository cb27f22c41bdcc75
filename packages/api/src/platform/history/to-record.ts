import { columnName } from '@alice/db';

/** Fields as `jsonb_populate_record` expects them: column names, JSON values, and bytes in PostgreSQL's hex format. */
export function toRecord(fields: object): string {
  const record: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(fields)) {
    if (value !== undefined) record[columnName(field)] = Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value;
  }
  return JSON.stringify(record);
}
