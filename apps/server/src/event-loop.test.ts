import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createDeps } from '@alice/api';
import { recordedJobs } from '@alice/api/testing';
import { testDatabase } from '@alice/db/testing';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { createApp } from './app.ts';
import { createHealthCheck } from './health.ts';
import { listen } from './listen.ts';

/** Asks in a thread of its own, whose work does not count here: `width` times at once, `times` in all; answers are thrown away. */
const client = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { Agent, request } = require('node:http');
  const agent = new Agent({ keepAlive: true });
  const ask = ({ url, method, headers, body }) => new Promise((resolve, reject) => {
    const sent = request(url, { agent, method, headers }, (response) => {
      let bytes = 0;
      response.on('data', (part) => { bytes += part.length; });
      response.on('end', () => resolve({ status: response.statusCode, bytes }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
  const { calls, width } = workerData;
  const queue = calls.values();
  const lane = async () => {
    const answers = [];
    for (const call of queue) answers.push(await ask(call));
    return answers;
  };
  Promise.all(Array.from({ length: width }, lane)).then((answers) => parentPort.postMessage(answers.flat()));
`;

interface Call {
  readonly url: string;
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

async function ask(calls: readonly Call[], width: number): Promise<{ status: number; bytes: number }[]> {
  const worker = new Worker(client, { eval: true, workerData: { calls, width } });
  const [answers] = await once(worker, 'message');
  await worker.terminate();
  return answers;
}

/** The longest that this thread worked without a break while `work` was done, in milliseconds of its own processor time. */
async function longestTurn(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let isOver = false;
  let last = process.threadCpuUsage();
  const look = () => {
    const now = process.threadCpuUsage();
    longest = Math.max(longest, now.user + now.system - last.user - last.system);
    last = now;
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await work();
  isOver = true;
  return longest / 1000;
}

/** What five megabytes of JSON cost on this machine as it is now: 12 ms where nothing else runs. */
function costOfJson(): number {
  const tasks = Array.from({ length: 125 }, (_, id) => ({ id, notes: 'é"'.repeat(longest / 2) }));
  const costs = Array.from({ length: 5 }, () => {
    const { user, system } = process.threadCpuUsage();
    Buffer.from(JSON.stringify(tasks));
    const now = process.threadCpuUsage();
    return (now.user + now.system - user - system) / 1000;
  });
  return costs.toSorted((one, other) => one - other)[2] ?? 0;
}

/** What a registration is answered with. */
interface Registered {
  readonly result: { readonly data: { readonly user: { id: string }; readonly tokens: { accessToken: string } } };
}

const longest = 20_000;
const mostAttempts = 3;

it('no request that a user can send blocks the event loop for more than 50 ms', { timeout: 300_000 }, async () => {
  await using db = await testDatabase();
  const log = pino({ level: 'silent' });
  const deps = await createDeps({
    db,
    log,
    jobs: recordedJobs(),
    secrets: ['a key that only the tests of this project ever use'],
  });
  const app = createApp({
    deps,
    log,
    accessLog: log,
    name: 'ALICE',
    version: '0.1.0',
    corsOrigins: [],
    trustedProxies: [],
    checkHealth: createHealthCheck(db, null, '0.1.0'),
    isDraining: () => false,
  });
  const { server, url } = await listen(app, '127.0.0.1', 0);
  const json = { 'content-type': 'application/json' };
  const registered = await app.request('/trpc/auth.register', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ email: 'a@example.test', password: 'correct horse battery staple', name: 'Ada' }),
  });
  const { result } = (await registered.json()) as Registered;
  const { user, tokens } = result.data;
  const headers = { ...json, authorization: `Bearer ${tokens.accessToken}` };
  for (const notes of [`repeat('é"', ${longest / 2})`, `repeat('a', ${longest})`, `repeat('😀', ${longest / 2})`]) {
    await db.query(
      {
        text: `
          WITH made AS (
            INSERT INTO tasks (user_id, id, title, notes, due_by, created_at, updated_at)
            SELECT $1, gen_random_uuid(), 'Task', ${notes}, '9999-12-31 23:59:59', now(), now()
              FROM generate_series(1, 200) n RETURNING *
          ), counter AS (
            UPDATE change_counters SET number = number + 200 WHERE user_id = $1 RETURNING number
          )
          INSERT INTO activity (user_id, number, at, actor_id, entity, entity_id, action, after)
          SELECT $1, number - row_number() OVER () + 1, now(), $1, 'task', id, 'create', to_jsonb(made) - '{user_id}'::text[]
            FROM made, counter`,
      },
      [user.id],
    );
  }

  const rpc = (name: string, input: object, times = 1) => {
    const inputs = Object.fromEntries(Array.from({ length: times }, (_, index) => [index, input]));
    const query = times === 1 ? '' : 'batch=1&';
    const text = encodeURIComponent(JSON.stringify(times === 1 ? input : inputs));
    return { url: `${url}/trpc/${Array(times).fill(name).join(',')}?${query}input=${text}`, headers };
  };
  const page = { limit: 100 };
  const changes = { limit: 100, cursor: Buffer.from('["changes",["2"]]').toString('base64url') };
  const task = { title: 'Task', notes: '"é'.repeat(longest / 2), priority: 'high' };
  const batch = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [index, task]));
  const creates = `${url}/trpc/${Array(10).fill('tasks.create').join(',')}?batch=1`;
  const keys = Array.from({ length: 10 }, () => crypto.randomUUID()).join(',');
  const ten = rpc('tasks.list', page, 10);
  const works: Readonly<Record<string, Call>> = {
    page: rpc('tasks.list', page),
    'page over REST': { url: `${url}/api/v1/tasks?limit=100`, headers },
    'ten pages': ten,
    'ten as lines': { ...ten, headers: { ...headers, 'trpc-accept': 'application/jsonl' } },
    'ten with parameters': { ...ten, url: `${ten.url}&connectionParams={}` },
    'ten by due': rpc('tasks.list', { ...page, order: 'due' }, 10),
    search: rpc('tasks.list', { ...page, text: `${'a'.repeat(199)}b` }),
    'ten searches': rpc('tasks.list', { ...page, text: 'a' }, 10),
    'first sync': rpc('sync.pull', page, 10),
    changes: rpc('sync.pull', changes),
    'ten changes': rpc('sync.pull', changes, 10),
    overview: rpc('insights.overview', {}, 10),
    'ten creations': { url: creates, method: 'POST', headers, body: JSON.stringify(batch) },
    'ten with keys': {
      url: creates,
      method: 'POST',
      headers: { ...headers, 'idempotency-key': keys },
      body: JSON.stringify(batch),
    },
    export: { url: `${url}/api/v1/users/me/export`, headers },
  };
  const turns: Record<string, { ms: number; allowed: number; bytes: number; statuses: string }> = {};
  try {
    for (const [name, call] of Object.entries(works)) {
      // The first run compiles code: it is not measured.
      const times = name === 'export' ? 2 : 8;
      await ask(Array(Math.min(times, 4)).fill(call), 2);
      let answers: { status: number; bytes: number }[] = [];
      let ms = 0;
      let allowed = 0;
      // Retry if it took too long: other load on the machine also slows us down, and passes.
      for (let attempt = 0; attempt < mostAttempts && ms >= allowed; attempt += 1) {
        ms = await longestTurn(async () => {
          answers = await ask(Array(times).fill(call), 4);
        });
        allowed = Math.max(50, 4 * costOfJson());
      }
      const statuses = [...new Set(answers.map(({ status }) => status))].join(' ');
      const bytes = Math.max(...answers.map((answer) => answer.bytes));
      turns[name] = { ms: Math.round(ms * 10) / 10, allowed: Math.round(allowed), bytes, statuses };
    }
  } finally {
    server.closeAllConnections();
    server.close();
  }
  console.table(turns);
  for (const [name, { ms, allowed }] of Object.entries(turns)) expect(ms, name).toBeLessThan(allowed);
});
