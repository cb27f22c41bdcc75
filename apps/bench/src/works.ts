import type { Account, Scene } from './scene.ts';

export const workNames = [
  'ping',
  'list',
  'list100k',
  'restlist',
  'revalidated',
  'get',
  'batch',
  'create',
  'createkeyed',
  'login',
] as const;
export type WorkName = (typeof workNames)[number];

export function isWorkName(name: string): name is WorkName {
  return workNames.some((known) => known === name);
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Each request carries an idempotency key of its own. */
  readonly isKeyed?: boolean;
}

/** Every answer has this status (200 unless told), and its body holds `text` so many times; null: there is none. */
export interface Expected {
  readonly status?: number;
  readonly body: { readonly text: string; readonly times: number } | null;
}

/** What is sent, and what every answer must hold. Plain data: it goes to the load process. */
export interface Load {
  /** Connection n sends the nth list over and over; the lists are dealt out again when there are more connections. */
  readonly requests: readonly (readonly HttpRequest[])[];
  readonly expected: Expected;
}

export interface Work {
  readonly title: string;
  readonly ours: Load;
  readonly limit: Load;
  /** Reads: both servers must answer with the same rows. */
  readonly sameIds: boolean;
}

export const pageSize = 20;
export const restListPath = `/api/v1/tasks?limit=${pageSize}`;
const batchSize = 10;
/** Enough to go through different pages of the index. */
const differentTasks = 64;

const json = { 'content-type': 'application/json' };
const as = ({ accessToken }: Account) => ({ authorization: `Bearer ${accessToken}` });

const holding = (text: string, times: number): Expected => ({ body: { text, times } });

const get = (path: string, headers: Readonly<Record<string, string>> = {}): HttpRequest => ({
  method: 'GET',
  path,
  headers,
});
const post = (path: string, headers: Readonly<Record<string, string>>, body: object): HttpRequest => ({
  method: 'POST',
  path,
  headers: { ...json, ...headers },
  body: JSON.stringify(body),
});

const keyed = (request: HttpRequest): HttpRequest => ({ ...request, isKeyed: true });

/** A tRPC query as its client sends it. */
function trpc(procedure: string, input: object): string {
  return `/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`;
}

function trpcBatch(procedure: string, inputs: readonly object[]): string {
  const names = inputs.map(() => procedure).join(',');
  return `/trpc/${names}?batch=1&input=${encodeURIComponent(JSON.stringify(Object.assign({}, inputs)))}`;
}

/** Every work, in terms of both servers. */
export function describeWorks({
  small,
  large,
  taskIds,
  listTag,
  writers,
  password,
}: Scene): Readonly<Record<WorkName, Work>> {
  const ids = taskIds.slice(0, differentTasks);
  const batches = ids.slice(batchSize).map((_, index) => ids.slice(index, index + batchSize));
  const ok = holding('ok', 1);
  const oneId = holding('"id":"', 1);
  const pageOfIds = holding('"id":"', pageSize);
  const batchOfIds = holding('"id":"', batchSize);
  const task = { title: 'Call the landlord about the heating', notes: 'Before noon', priority: 'high' };
  const created = holding(`"title":"${task.title}"`, 1);
  const signedIn = holding('"accessToken":"', 1);
  const creating = (path: string) => writers.map((writer) => [post(path, as(writer), task)]);

  const list = (account: Account, title: string): Work => ({
    title,
    ours: { requests: [[get(trpc('tasks.list', { limit: pageSize }), as(account))]], expected: pageOfIds },
    limit: { requests: [[get('/list', as(account))]], expected: pageOfIds },
    sameIds: true,
  });

  return {
    ping: {
      title: 'ping',
      ours: { requests: [[get('/livez')]], expected: ok },
      limit: { requests: [[get('/ping')]], expected: ok },
      sameIds: false,
    },
    list: list(small, 'tasks.list, 20 of 500'),
    list100k: list(large, 'tasks.list, 20 of 100,000'),
    restlist: {
      title: 'GET /api/v1/tasks, 20 of 500',
      ours: { requests: [[get(restListPath, as(small))]], expected: pageOfIds },
      limit: { requests: [[get('/list', as(small))]], expected: pageOfIds },
      sameIds: true,
    },
    revalidated: {
      title: 'GET /api/v1/tasks, 304',
      ours: {
        requests: [[get(restListPath, { ...as(small), 'if-none-match': listTag })]],
        expected: { status: 304, body: null },
      },
      // What it saves: the limit reads all of it.
      limit: { requests: [[get('/list', as(small))]], expected: pageOfIds },
      sameIds: false,
    },
    get: {
      title: 'tasks.get',
      ours: { requests: [ids.map((id) => get(trpc('tasks.get', { id }), as(small)))], expected: oneId },
      limit: { requests: [ids.map((id) => get(`/get?id=${id}`, as(small)))], expected: oneId },
      sameIds: true,
    },
    batch: {
      title: 'a batch of 10 tasks.get',
      ours: {
        requests: [
          batches.map((batch) =>
            get(
              trpcBatch(
                'tasks.get',
                batch.map((id) => ({ id })),
              ),
              as(small),
            ),
          ),
        ],
        expected: batchOfIds,
      },
      limit: {
        requests: [batches.map((batch) => get(`/batch?ids=${batch.join(',')}`, as(small)))],
        expected: batchOfIds,
      },
      sameIds: true,
    },
    create: {
      title: 'tasks.create, 16 people',
      ours: { requests: creating('/trpc/tasks.create'), expected: created },
      limit: { requests: creating('/create'), expected: created },
      sameIds: false,
    },
    createkeyed: {
      title: 'tasks.create, keyed',
      ours: { requests: creating('/trpc/tasks.create').map((own) => own.map(keyed)), expected: created },
      // Without what a key costs the database: the limit ignores it.
      limit: { requests: creating('/create').map((own) => own.map(keyed)), expected: created },
      sameIds: false,
    },
    login: {
      title: 'auth.login',
      ours: {
        requests: writers.map(({ email }) => [post('/trpc/auth.login', {}, { email, password })]),
        expected: signedIn,
      },
      limit: { requests: writers.map(({ email }) => [post('/login', {}, { email, password })]), expected: signedIn },
      sameIds: false,
    },
  };
}
