import type { Rows } from '@alice/db';
import type { ListOut } from './schemas.ts';

/** Converts a row to its wire form. */
export function toList(row: Rows['lists']): ListOut {
  return {
    id: row.id,
    name: row.name,
    color: row.color,
    isInbox: row.id === row.userId,
    position: row.position,
    version: row.version,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
    archivedAt: row.archivedAt,
    deletedAt: row.deletedAt,
  };
}
