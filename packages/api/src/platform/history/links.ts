import { type Statement, sqlFamily } from '@alice/db';
import { notFound } from '../../errors/domain-error.ts';
import type { Entity, Link } from './entity.ts';
import type { ChangeContext } from './write-context.ts';

/** The links that a change sets: to a row, or by restoring a row that cannot be without the other one. */
export function linksSet({ links }: Entity, rows: readonly Readonly<Record<string, unknown>>[]): readonly Link[] {
  return links.filter(({ field, isRequired }) =>
    rows.some((row) => row[field] != null || (isRequired && row['deletedAt'] === null)),
  );
}

/**
 * Common table expressions that find links to rows that do not exist or are deleted, in the new rows `wanted`; `isChanged`
 * is a condition on `w`, one of them, and the link. `broken` then has rows if there are any. The rows of the links are
 * locked after the change counter, so that the latest versions are read. "" without links.
 */
export function brokenLinks(links: readonly Link[], isChanged: (link: Link) => string): string {
  if (links.length === 0) return '';
  const locked = links.map(
    (link, index) => `
    linked_${index} AS MATERIALIZED (
      SELECT l.id FROM counter, ${link.table} l
       WHERE l.user_id = $1 AND l.deleted_at IS NULL
         AND l.id IN (SELECT w.${link.column} FROM wanted w WHERE ${isChanged(link)}) FOR SHARE OF l
    ),`,
  );
  const broken = links.map(
    (link, index) => `
      SELECT 1 FROM wanted w WHERE w.${link.column} IS NOT NULL AND (${isChanged(link)})
         AND NOT EXISTS (SELECT FROM linked_${index} l WHERE l.id = w.${link.column})`,
  );
  return `${locked.join('')}
    broken AS MATERIALIZED (${broken.join(' UNION ALL ')}
    ),`;
}

/** Throws NOT_FOUND for the first link of these rows that leads nowhere. Called only after a change that was refused. */
export async function refuseBrokenLink(
  ctx: ChangeContext,
  entity: Entity,
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  for (const [index, row] of rows.entries()) {
    for (const link of entity.links) {
      const id = row[link.field];
      if (typeof id !== 'string' || (await isLive(ctx, link, id))) continue;
      throw notFound(link.noun, rows.length === 1 ? link.field : `${index}.${link.field}`);
    }
  }
}

async function isLive(ctx: ChangeContext, link: Link, id: string): Promise<boolean> {
  return (await (ctx.query ?? ctx.deps.db.query)(linkedStatement(link), [ctx.user.id, id])).length > 0;
}

const linked = sqlFamily('history.linked');

/** $1 user, $2 id of the other row. */
export function linkedStatement({ table }: Link): Statement {
  return linked({
    name: `history.linked.${table}`,
    text: `SELECT FROM ${table} WHERE user_id = $1 AND id = $2 AND deleted_at IS NULL`,
  });
}
