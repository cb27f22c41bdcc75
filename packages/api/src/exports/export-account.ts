import { columns, type RunQuery, type Statement } from '@alice/db';
import { apiKeys, goals, passkeys, sessions, type Table, tasks, totps, users } from '../changes/tables.ts';
import type { UserContext } from '../context.ts';
import { notFound } from '../errors.ts';
import type { ExportedAccountOut } from './schemas.ts';

const pageSize = 1000;

/** How often it is read while others write, before they have to wait. */
const attempts = 2;

/**
 * Everything of the person as it was at one moment: every stored field of what is theirs, but no secret. It is read in
 * pages, so that others are served in between. That no change took a number while it was read says that
 * all of it is of one moment; for a person who never rests it is read in one snapshot, which holds a connection.
 * Throws BUSY while another export runs, TOO_MANY_REQUESTS.
 */
export async function exportAccount(ctx: UserContext): Promise<ExportedAccountOut> {
  const { deps, user } = ctx;
  return deps.exports.serve(user.id, async () => {
    const exportedAt = deps.clock.now().toISOString();
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const before = await deps.changes.latest(user.id);
      const found = await readAll(deps.db.query, user.id);
      if ((await deps.changes.latest(user.id)) === before) return { ...header, exportedAt, ...found };
    }
    const found = await deps.db.transaction(async ({ query }) => {
      await query(snapshot, []);
      return readAll(query, user.id);
    });
    return { ...header, exportedAt, ...found };
  });
}

const header = { format: 'alice-export', formatVersion: 1 } as const;

const snapshot = { text: 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY' };

/** `user_id` is the person's own in each, and the file says it once. */
function exported(table: Table): string {
  const left = new Set([...table.secret, 'user_id']);
  const shown = columns[table.name].filter(({ column }) => !left.has(column));
  return shown.map(({ field, column }) => `t.${column} AS "${field}"`).join(', ');
}

const noId = '00000000-0000-0000-0000-000000000000';

/** $1 person, $2 after which, $3 how many. */
function pageOf(table: Table): Statement {
  return {
    name: `exports.${table.name}`,
    text: `SELECT ${exported(table)} FROM ${table.name} t WHERE t.user_id = $1 AND t.id > $2 ORDER BY t.id LIMIT $3`,
  };
}

const person: Statement = { name: 'exports.users', text: `SELECT ${exported(users)} FROM users t WHERE t.id = $1` };

const pages = {
  goals: pageOf(goals),
  tasks: pageOf(tasks),
  sessions: pageOf(sessions),
  apiKeys: pageOf(apiKeys),
  passkeys: pageOf(passkeys),
  authenticatorApps: pageOf(totps),
};

/** An administrator's session is no business of the person's. */
const linePage: Statement = {
  name: 'exports.activity',
  text: `
    SELECT number, at AS "happenedAt", actor_id AS "actorId", CASE WHEN actor_id = $1 THEN session_id END AS "sessionId",
           entity, entity_id AS "entityId", action, before, after
      FROM activity WHERE user_id = $1 AND number > $2 ORDER BY number LIMIT $3`,
};

type Everything = Omit<ExportedAccountOut, keyof typeof header | 'exportedAt'>;

async function readAll(query: RunQuery, userId: string): Promise<Everything> {
  const [user] = await query<Everything['user']>(person, [userId]);
  if (user === undefined) throw notFound('user');
  const rowsOf = <Name extends keyof typeof pages>(name: Name) =>
    readPages<Everything[Name][number], string>(query, pages[name], userId, noId, ({ id }) => id);
  return {
    user,
    goals: await rowsOf('goals'),
    tasks: await rowsOf('tasks'),
    sessions: await rowsOf('sessions'),
    apiKeys: await rowsOf('apiKeys'),
    passkeys: await rowsOf('passkeys'),
    authenticatorApps: await rowsOf('authenticatorApps'),
    activity: await readPages(query, linePage, userId, 0, ({ number }: Everything['activity'][number]) => number),
  };
}

/** All rows, page by page: others are served while the database reads the next one. */
async function readPages<Row, Key extends string | number>(
  query: RunQuery,
  statement: Statement,
  userId: string,
  first: Key,
  keyOf: (row: Row) => Key,
): Promise<Row[]> {
  const rows: Row[] = [];
  for (let after = first; ; ) {
    const found = await query<Row>(statement, [userId, after, pageSize]);
    for (const row of found) rows.push(row);
    const last = found.at(-1);
    if (last === undefined || found.length < pageSize) return rows;
    after = keyOf(last);
  }
}
