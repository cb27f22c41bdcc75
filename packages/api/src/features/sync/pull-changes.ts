import { claimed, columns, type Rows, sql, types } from '@alice/db';
import { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { invalid } from '../../errors/domain-error.ts';
import { rowShape, selectRow } from '../../platform/history/columns.ts';
import { id } from '../../platform/schemas/ids.ts';
import { encodeCursor, readCursor } from '../../platform/schemas/keyset.ts';
import { fullPageCharacters } from '../../platform/schemas/paging.ts';
import type { ChangeOut, PulledOut } from './change.ts';
import { readChanges } from './read-changes.ts';
import type { PullInput } from './schemas.ts';
import { forEachSynced, type SyncedEntity, syncedEntity, syncedNames, toWire } from './synced-entities.ts';

type Entity = ChangeOut['entity'];

/** The position of a pull: in the changes after a number, or in an initial sync that started at a number. */
type Place =
  | { readonly in: 'changes'; readonly number: number }
  | { readonly in: 'rows'; readonly number: number; readonly entity: Entity; readonly after: string };

const number = z
  .string()
  .regex(/^\d{1,15}$/)
  .transform(Number);
const places = {
  changes: z.tuple([number]),
  rows: z.tuple([number, z.enum(syncedNames), id]),
};
const firstId = '00000000-0000-0000-0000-000000000000';

/**
 * The changes after the cursor, in commit order. Without a cursor, all current rows, and then the changes since the
 * start. A row can be newer than changes that follow it, so a local copy keeps the higher version.
 */
export async function pullChanges(ctx: UserContext, { cursor, limit }: PullInput): Promise<PulledOut> {
  const place = cursor === undefined ? await begin(ctx) : toPlace(cursor);
  return place.in === 'rows' ? pullRows(ctx, place, limit) : pullSince(ctx, place.number, limit);
}

async function begin(ctx: UserContext): Promise<Place> {
  // Read this first: changes made while the rows are read then follow as changes.
  return { in: 'rows', number: await ctx.deps.changes.latest(ctx.user.id), entity: 'user', after: firstId };
}

async function pullSince(ctx: UserContext, after: number, limit: number): Promise<PulledOut> {
  const { changes, through, hasMore, isComplete } = await readChanges(ctx, after, limit);
  return {
    items: isComplete ? changes : [],
    nextCursor: toCursor({ in: 'changes', number: isComplete ? through : after }),
    hasMore: isComplete && hasMore,
    fullSyncRequired: !isComplete,
    number: isComplete ? through : null,
  };
}

async function pullRows(ctx: UserContext, place: Place & { in: 'rows' }, limit: number): Promise<PulledOut> {
  const items: ChangeOut[] = [];
  let next: Place = place;
  let bytes = 0;
  while (next.in === 'rows' && items.length < limit && bytes < fullPageCharacters) {
    const { entity, after } = next;
    const wanted = limit - items.length;
    const rows = await readRows(ctx, entity, after, wanted, fullPageCharacters - bytes);
    for (const row of rows) items.push(toSnapshot(entity, place.number, row));
    const last = rows.at(-1);
    bytes += last?.bytes ?? 0;
    const isFull = rows.length === wanted || bytes >= fullPageCharacters;
    next = isFull && last !== undefined ? { ...next, after: last.id } : following(entity, place.number);
  }
  return {
    items,
    nextCursor: toCursor(next),
    hasMore: true,
    fullSyncRequired: false,
    number: null,
  };
}

function following(entity: Entity, from: number): Place {
  const following = syncedNames[syncedNames.indexOf(entity) + 1];
  return following === undefined
    ? { in: 'changes', number: from }
    : { in: 'rows', number: from, entity: following, after: firstId };
}

type AnyRow = Rows[keyof Rows];
/** `bytes`: the length of the notes of this row and the previous ones. */
type ReadRow = AnyRow & { readonly bytes: number };

const rowsOf = forEachSynced(rowStatement);

/** $1 user, $2 after which id, $3 limit, $4 maximum bytes of notes. */
function rowStatement(entity: SyncedEntity) {
  const { name, table, owner, softDeletes } = entity;
  const length = columns[table].some(({ column }) => column === 'notes') ? 'octet_length(t.notes)' : '0';
  return sql({
    name: `sync.rows.${name}`,
    returns: claimed<ReadRow>({ ...rowShape(entity), bytes: types.number }),
    text: `
      SELECT ${selectRow(entity, 't')}, t.bytes FROM (
        SELECT t.*, ${length} AS own, sum(${length}) OVER (ORDER BY t.id ROWS UNBOUNDED PRECEDING) AS bytes
          FROM ${table} t
         WHERE t.${owner} = $1 AND t.id > $2${softDeletes ? ' AND t.deleted_at IS NULL' : ''} ORDER BY t.id LIMIT $3
      ) t WHERE t.bytes - t.own < $4::int ORDER BY t.id`,
  });
}

function readRows(ctx: UserContext, entity: Entity, after: string, limit: number, bytes: number): Promise<ReadRow[]> {
  return ctx.deps.db.query<ReadRow>(rowsOf(entity), [ctx.user.id, after, limit, bytes]);
}

function toSnapshot(entity: Entity, from: number, row: AnyRow): ChangeOut {
  const facts = { number: from, group: null, changedAt: row.updatedAt, action: 'snapshot', id: row.id, deleted: false };
  // The guarantee: `toWire` belongs to the table of this entity.
  return { ...facts, entity, row: toWire(syncedEntity(entity), row) } as ChangeOut;
}

function toCursor(place: Place): string {
  const values = place.in === 'changes' ? [] : [place.entity, place.after];
  return encodeCursor({ order: place.in, values: [String(place.number), ...values] });
}

/** Throws VALIDATION_FAILED for a cursor that is not from a pull. */
function toPlace(cursor: string): Place {
  const position = readCursor(cursor);
  const changes = places.changes.safeParse(position?.values);
  if (position?.order === 'changes' && changes.success) return { in: 'changes', number: changes.data[0] };
  const rows = places.rows.safeParse(position?.values);
  if (position?.order === 'rows' && rows.success) {
    const [from, entity, after] = rows.data;
    return { in: 'rows', number: from, entity, after };
  }
  throw invalid('cursor', 'must be the nextCursor of a previous pull');
}
