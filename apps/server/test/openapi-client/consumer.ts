/** What somebody who has only the OpenAPI document writes: compiled against the types that were made of it, then run. */
import createClient from 'openapi-fetch';
import type { components, paths } from './alice.ts';

type Problem = components['schemas']['Problem'];

interface Answer<Data> {
  readonly data?: Data;
  readonly error?: Problem;
  readonly response: Response;
}

const baseUrl = process.argv[2] ?? '';
const alice = createClient<paths>({ baseUrl });

/** The data of an answer, which must have this status. */
function take<Data>(step: string, status: number, { data, error, response }: Answer<Data>): NonNullable<Data> {
  if (response.status !== status || data == null) {
    throw new Error(`${step}: ${response.status} instead of ${status}: ${JSON.stringify(error)}`);
  }
  console.log(step);
  return data;
}

function expectEqual(step: string, actual: unknown, wanted: unknown): void {
  if (JSON.stringify(actual) === JSON.stringify(wanted)) return;
  throw new Error(`${step}: ${JSON.stringify(actual)} instead of ${JSON.stringify(wanted)}`);
}

const password = 'correct horse battery staple';
const email = `${crypto.randomUUID()}@example.test`;
const body = { email, password, name: 'Ada', timeZone: 'Europe/Berlin' };
const registered = take('register', 201, await alice.POST('/api/v1/auth/register', { body }));
const authorization = `Bearer ${registered.data.tokens.accessToken}`;
alice.use({
  onRequest({ request }) {
    request.headers.set('authorization', authorization);
  },
});

const key = { 'Idempotency-Key': crypto.randomUUID() };
const due = { date: '2026-12-01', time: '09:30' };
const create = () =>
  alice.POST('/api/v1/tasks', { params: { header: key }, body: { title: 'Pay the rent', priority: 'high', due } });
const first = await create();
const { data: task } = take('create', 201, first);
expectEqual('location', first.response.headers.get('location'), `/api/v1/tasks/${task.id}`);
expectEqual('sent again', take('create again', 201, await create()), first.data);

const query = { status: ['todo', 'in_progress'], due: { from: '2026-12-01', to: '2026-12-01' }, limit: 5 } as const;
const page = take(
  'list',
  200,
  await alice.GET('/api/v1/tasks', { params: { query: { ...query, status: [...query.status] } } }),
);
expectEqual('listed', [page.data, page.nextCursor], [[{ ...task, blocked: false }], null]);
const later = { due: { from: '2026-12-02' } };
const none = take('list what is due later', 200, await alice.GET('/api/v1/tasks', { params: { query: later } }));
expectEqual('due later', none.data, []);

const path = { id: task.id };
const read = await alice.GET('/api/v1/tasks/{id}', { params: { path } });
expectEqual('get', take('get', 200, read).data.due?.date, '2026-12-01');
const etag = read.response.headers.get('etag') ?? '';
const again = await alice.GET('/api/v1/tasks/{id}', { params: { path, header: { 'If-None-Match': etag } } });
expectEqual('not modified', [again.response.status, again.response.headers.get('etag')], [304, etag]);

const change = (title: string) =>
  alice.PATCH('/api/v1/tasks/{id}', { params: { path, header: { 'If-Match': etag } }, body: { title } });
const changed = await change('Pay the rent and the deposit');
expectEqual('update', take('update', 200, changed).data.version, task.version + 1);
const stale = await change('Pay nothing');
expectEqual('stale', stale.response.status, 412);
if (stale.error?.code !== 'STALE_VERSION' || !('conflictingFields' in stale.error))
  throw new Error('not said to be stale');
expectEqual('in conflict', stale.error.conflictingFields, ['title']);

const faulty = await alice.PATCH('/api/v1/tasks/{id}', { params: { path }, body: { title: '' } });
expectEqual('faulty', [faulty.response.status, faulty.error?.errors[0]?.path], [400, 'title']);
const gone = await alice.GET('/api/v1/tasks/{id}', { params: { path: { id: crypto.randomUUID() } } });
expectEqual('missing', [gone.response.status, gone.error?.code], [404, 'NOT_FOUND']);

const completed = take('complete', 200, await alice.POST('/api/v1/tasks/{id}/complete', { params: { path } }));
expectEqual('completed', completed.data.status, 'done');
const goal = take(
  'create a goal',
  201,
  await alice.POST('/api/v1/goals', { body: { title: 'Run', metric: { unit: 'km', target: 21 } } }),
);
expectEqual('goal', goal.data.metric.direction, 'up');
const overview = take('insights', 200, await alice.GET('/api/v1/insights', { params: { query: { weeks: 4 } } }));
expectEqual('throughput', [overview.data.throughput.n, overview.data.throughput.weeks.length], [1, 4]);

const pulled = take('pull', 200, await alice.GET('/api/v1/sync/changes'));
expectEqual('first sync', pulled.data.map(({ entity }) => entity).sort(), ['goal', 'list', 'task', 'user']);
const cursor = pulled.nextCursor;
await alice.DELETE('/api/v1/tasks/{id}', { params: { path } });
const news = take('pull what is new', 200, await alice.GET('/api/v1/sync/changes', { params: { query: { cursor } } }));
const [deletion] = news.data;
if (deletion?.entity !== 'task') throw new Error('the deletion is not there');
expectEqual(
  'deleted',
  [news.data.length, deletion.deleted, deletion.row?.title],
  [1, true, 'Pay the rent and the deposit'],
);
const undo = { params: { path: { number: deletion.number } } };
expectEqual(
  'undone',
  take('undo', 200, await alice.POST('/api/v1/sync/changes/{number}/undo', undo)).data.deleted,
  false,
);

take('log out', 200, await alice.POST('/api/v1/auth/logout'));
const over = await alice.GET('/api/v1/users/me');
expectEqual('signed out', [over.response.status, over.error?.code], [401, 'UNAUTHENTICATED']);
console.log('signed out');
