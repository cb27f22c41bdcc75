import { setTimeout as sleep } from 'node:timers/promises';
import { type RunQuery, type Statement, sql, sqlFamily, types } from '@alice/db';
import { ActivityEntity } from '@alice/db/models';
import type { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { DomainError, notFound } from '../../errors/domain-error.ts';
import { rowShape, selectRow } from '../../platform/history/columns.ts';
import type { Entity } from '../../platform/history/entity.ts';
import { account } from '../admin/schemas.ts';
import { accountEntities } from '../entities.ts';
import { users } from '../profile/entity.ts';
import { asContent, type JsonFile } from './export-file.ts';
import { exportedActivity, exportOf, listed } from './export-format.ts';

/** How many optimistic attempts are made before the export blocks a connection. */
const attempts = 2;
/** A page has at most this many rows, and about this many characters of JSON, since rows vary in length. */
const rowsAPage = { first: 20, most: 1000 };
const charactersAPage = 250_000;
/** How long the snapshot may hold its connection. */
const patienceMs = 5 * 60_000;

/**
 * Exports all data of the user, as of one moment, into a file: every stored field, without secrets. It reads small
 * pages with a pause as long as each page took, so that other users are served in between and memory holds one page. If
 * the change number is the same at the end, the export is consistent. For a user who keeps changing data, it reads one
 * database snapshot instead. Returns the file as the content that the procedure's output describes. Throws BUSY while
 * another export runs, TOO_MANY_REQUESTS.
 */
export async function exportAccount(ctx: UserContext, format: ExportFormat): Promise<never> {
  const { deps, user, request } = ctx;
  const written = await deps.exports.serve(user.id, async (file) => {
    const exportedAt = deps.clock.now().toISOString();
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const before = await deps.changes.latest(user.id);
      await writeAll(file, deps.db.query, format.lists, { userId: user.id, exportedAt, rest: () => restAfter(ctx) });
      if ((await deps.changes.latest(user.id)) === before) return;
      file.clear();
    }
    const db = deps.db.for({ owner: user.id, hasLeft: request.hasLeft, patienceMs });
    await db.transaction(async ({ query }) => {
      await query(snapshot, []);
      await writeAll(file, query, format.lists, { userId: user.id, exportedAt, rest: () => undefined });
    });
  });
  return asContent(written);
}

/**
 * Throws CANCELLED if the client has disconnected. Returns the function that ends a page: a pause as long as the page
 * took.
 */
function restAfter({ request }: UserContext): () => Promise<void> {
  const began = performance.now();
  return async () => {
    if (request.hasLeft()) throw new DomainError('CANCELLED');
    await sleep(performance.now() - began);
  };
}

const snapshot = { text: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY' };

const noId = '00000000-0000-0000-0000-000000000000';

type ExportedRow = Readonly<Record<string, unknown>>;

const listPage = sqlFamily('exports');

/** $1 user, $2 after which id, $3 limit. The schema of the list leaves out `userId`, which is the same in every row. */
export function pageOf(entity: Entity): Statement<ExportedRow> {
  const { table } = entity;
  return listPage({
    name: `exports.${table}`,
    returns: rowShape(entity),
    text: `
      SELECT ${selectRow(entity, 't')} FROM ${table} t WHERE t.user_id = $1 AND t.id > $2 ORDER BY t.id LIMIT $3`,
  });
}

const person = sql({
  name: 'exports.users',
  returns: rowShape(users),
  text: `SELECT ${selectRow(users, 't')} FROM users t WHERE t.id = $1`,
});

/** The session of an administrator is not shown to the user. */
const linePage = sql({
  name: 'exports.activity',
  returns: {
    number: types.number,
    happenedAt: types.instant,
    actorId: types.uuid,
    sessionId: types.orNull(types.uuid),
    entity: types.oneOf(Object.values(ActivityEntity)),
    entityId: types.uuid,
    action: types.text,
    before: types.orNull(types.json()),
    after: types.orNull(types.json()),
    groupNumber: types.orNull(types.number),
  },
  text: `
    SELECT number, at AS "happenedAt", actor_id AS "actorId", CASE WHEN actor_id = $1 THEN session_id END AS "sessionId",
           entity, entity_id AS "entityId", action, before, after, group_number AS "groupNumber"
      FROM activity WHERE user_id = $1 AND number > $2 ORDER BY number LIMIT $3`,
});

/** A list of an export, and how to read it. */
interface ExportedList {
  readonly name: string;
  readonly statement: Statement<ExportedRow>;
  readonly row: z.ZodType;
  /** The field by which the rows are ordered. */
  readonly key: string;
  /** Where the first page starts. */
  readonly first: string | number;
}

/** The content of an export. */
export interface ExportFormat {
  readonly lists: readonly ExportedList[];
}

/** The format of an export: the account itself, its activity entries, and the entities of the features. */
export function createExportFormat<const Features extends readonly Entity[]>(features: Features) {
  const lists: readonly ExportedList[] = [
    ...listed([...features, ...accountEntities]).map(({ entity, rule }) => {
      return { name: rule.list, statement: pageOf(entity), row: rule.row, key: 'id', first: noId };
    }),
    { name: 'activity', statement: linePage, row: exportedActivity.element, key: 'number', first: 0 },
  ];
  return { content: exportOf(features), lists };
}

interface Writing {
  readonly userId: string;
  readonly exportedAt: string;
  /** Called at the start of a page; the returned function is called at its end. */
  readonly rest: () => (() => Promise<void>) | undefined;
}

async function writeAll(
  file: JsonFile,
  query: RunQuery,
  lists: readonly ExportedList[],
  writing: Writing,
): Promise<void> {
  const { userId, exportedAt } = writing;
  const [user] = await query(person, [userId]);
  if (user === undefined) throw notFound('user');
  const header = { format: 'alice-export', formatVersion: 1, exportedAt, user: account.parse(user) };
  file.write(JSON.stringify(header).slice(0, -1));
  for (const list of lists) {
    file.write(`,"${list.name}":[`);
    await writeRows(file, query, { ...writing, ...list });
    file.write(']');
  }
  file.write('}');
}

async function writeRows(file: JsonFile, query: RunQuery, list: Writing & ExportedList): Promise<void> {
  const { statement, userId, row, key, rest } = list;
  let after: unknown = list.first;
  let size = rowsAPage.first;
  for (let separator = ''; ; separator = ',') {
    const end = rest();
    const found = await query(statement, [userId, after, size]);
    const text = found.map((one) => JSON.stringify(row.parse(one))).join(',');
    if (text !== '') file.write(separator + text);
    const last = found.at(-1);
    if (last === undefined || found.length < size) return;
    after = last[key];
    const fitting = Math.round((size * charactersAPage) / text.length);
    size = Math.max(1, Math.min(fitting, size * 4, rowsAPage.most));
    await end?.();
  }
}
