import { randomBytes } from 'node:crypto';
import { queryOnce } from './database.ts';
import { type RecordedStatements, recordStatements } from './record-statements.ts';
import type { RunningServer } from './server-process.ts';
import { restListPath } from './works.ts';

export interface Account {
  readonly id: string;
  readonly sessionId: string;
  readonly email: string;
  readonly accessToken: string;
}

/** Who is there and what they own. */
export interface Scene {
  /** Owns 500 tasks. */
  readonly small: Account;
  /** Owns 100,000. */
  readonly large: Account;
  /** As many as there are connections: the changes of one person wait for each other, those of many do not. */
  readonly writers: readonly Account[];
  readonly password: string;
  /** The ids of `small`'s tasks. */
  readonly taskIds: readonly string[];
  /** The entity tag of `small`'s first page over REST. */
  readonly listTag: string;
  readonly statements: RecordedStatements;
}

const smallCount = 500;
const largeCount = 100_000;

/** Makes the accounts, through the real server, and their tasks. */
export async function setScene(server: RunningServer, databaseUrl: string, writerCount: number): Promise<Scene> {
  const password = randomBytes(18).toString('base64url');
  const small = await register(server.url, 'small', password);
  const large = await register(server.url, 'large', password);
  const extra = await register(server.url, 'extra', password);
  const writers: Account[] = [];
  for (let index = 0; index < writerCount; index += 1)
    writers.push(await register(server.url, `writer${index}`, password));

  const statements = await recordStatements({ databaseUrl, jwtSecret: server.jwtSecret, account: extra, password });
  const rows = await queryOnce<{ id: string }>(databaseUrl, insertTasks, [small.id, smallCount, statements.newTask]);
  await queryOnce(databaseUrl, insertTasks, [large.id, largeCount, statements.newTask]);
  // As autovacuum leaves a table that has lived for a while: index-only facts known, statistics fresh.
  await queryOnce(databaseUrl, 'VACUUM (ANALYZE)');
  const listTag = await entityTag(`${server.url}${restListPath}`, small);
  return { small, large, writers, password, taskIds: rows.map(({ id }) => id), listTag, statements };
}

async function entityTag(url: string, { accessToken }: Account): Promise<string> {
  const response = await fetch(url, { headers: { authorization: `Bearer ${accessToken}` } });
  const tag = response.headers.get('etag');
  if (!response.ok || tag === null) throw new Error(`${url} answered ${response.status} with the tag ${tag}`);
  return tag;
}

async function register(url: string, name: string, password: string): Promise<Account> {
  const email = `${name}@bench.test`;
  const response = await fetch(`${url}/trpc/auth.register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email, password, name }),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`auth.register answered ${response.status}: ${text.slice(0, 500)}`);
  const { user, tokens } = (JSON.parse(text) as RegisterReply).result.data;
  return { id: user.id, email, accessToken: tokens.accessToken, sessionId: sessionOf(tokens.accessToken) };
}

/** What a test of the server holds `auth.register` to. */
interface RegisterReply {
  readonly result: {
    readonly data: { readonly user: { readonly id: string }; readonly tokens: { readonly accessToken: string } };
  };
}

function sessionOf(accessToken: string): string {
  const [, payload = ''] = accessToken.split('.');
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString());
  if (typeof claims !== 'object' || claims === null || !('sid' in claims))
    throw new Error('the token names no session');
  return String(claims.sid);
}

/**
 * $1 person, $2 how many, $3 a task as the product's own statement takes it, so that a new column needs no change here.
 * One task every ten minutes up to now; ids are UUIDv7 of the time that the task was made.
 */
const insertTasks = `
  INSERT INTO tasks
  SELECT r.*
    FROM generate_series(1, $2::int) n,
         LATERAL (SELECT date_trunc('milliseconds', now()) - n * interval '10 minutes' AS at, md5($1 || n::text) AS noise) seed,
         LATERAL (SELECT current_date + n % 30 AS due, n % 3 = 0 AS done) fate,
         LATERAL jsonb_populate_record(NULL::tasks, $3::jsonb || jsonb_build_object(
           'user_id', $1,
           'id', lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || left(noise, 3) || '8' || right(noise, 15),
           'title', (ARRAY['Water the plants', 'Reply to the accountant', 'Book the train to Vienna', 'Read chapter'])[1 + n % 4] || ' ' || n,
           'notes', CASE WHEN n % 2 = 0 THEN 'See the mail of last week' ELSE '' END,
           'status', CASE WHEN done THEN 'done' ELSE 'todo' END,
           'priority', (ARRAY['none', 'low', 'medium', 'high', 'urgent'])[1 + n % 5],
           'due_date', CASE WHEN n % 2 = 0 THEN due END,
           'due_by', CASE WHEN n % 2 = 0 THEN due + time '23:59:59' ELSE '9999-12-31 23:59:59' END,
           'estimate_minutes', CASE WHEN n % 4 = 0 THEN 30 END,
           'created_at', at,
           'updated_at', at,
           'completed_at', CASE WHEN done THEN at + interval '2 hours' END
         )) r
  RETURNING id`;
