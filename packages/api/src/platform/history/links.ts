import { type Statement, sqlFamily } from '@alice/db';
import { notFound } from '../../errors/domain-error.ts';
import type { Entity, Link } from './entity.ts';
import type { ChangeContext } from './write-context.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The links that new rows have. */
export function linksOf({ links }: Entity, rows: readonly Fields[]): readonly Link[] {
  return links.filter(({ field }) => rows.some((row) => idsIn(row[field]).length > 0));
}

/** The links that updates set: to a row, or by restoring a row that cannot be without the other one. */
export function linksSet({ links }: Entity, sets: readonly Fields[]): readonly Link[] {
  return links.filter(({ field, isRequired }) =>
    sets.some((set) => idsIn(set[field]).length > 0 || (isRequired && set['deletedAt'] === null)),
  );
}

function idsIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? [value] : [];
}

/**
 * Common table expressions that find links to rows that do not exist or are deleted, in the new rows `wanted`; `isChanged`
 * is a condition on `w`, one of them, and the link. `broken` then has rows if there are any. The rows of the links are
 * locked after the change counter, so that the latest versions are read. "" without links.
 */
export function brokenLinks(links: readonly Link[], isChanged: (link: Link) => string): string {
  if (links.length === 0) return '';
  const ids = ({ column, isList }: Link) => (isList ? `unnest(w.${column})` : `w.${column}`);
  const locked = links.map(
    (link, index) => `
    linked_${index} AS MATERIALIZED (
      SELECT l.id FROM counter, ${link.table} l
       WHERE l.user_id = $1 AND l.deleted_at IS NULL
         AND l.id IN (SELECT ${ids(link)} FROM wanted w WHERE ${isChanged(link)}) FOR SHARE OF l
    ),`,
  );
  const broken = links.map(
    (link, index) => `
      SELECT 1 FROM (SELECT ${ids(link)} AS id FROM wanted w WHERE ${isChanged(link)}) w
       WHERE w.id IS NOT NULL AND NOT EXISTS (SELECT FROM linked_${index} l WHERE l.id = w.id)`,
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
      const field = entity.fields[link.column] ?? link.field;
      for (const id of idsIn(row[link.field])) {
        if (await isLive(ctx, link, id)) continue;
        throw notFound(link.noun, rows.length === 1 ? field : `${index}.${field}`);
      }
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
