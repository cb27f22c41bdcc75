import type { Rows } from '@alice/db';
import type { LabelOut } from './schemas.ts';

/** Converts a row to its wire form. */
export function toLabel(row: Rows['labels']): LabelOut {
  return {
    id: row.id,
    name: row.name,
    color: row.color,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    deletedAt: row.deletedAt,
  };
}
