import type { Account, Scene } from './scene.ts';

export const workNames = ['ping', 'list', 'list100k', 'get', 'batch', 'create', 'login'] as const;
export type WorkName = (typeof workNames)[number];

export function isWorkName(name: string): name is WorkName {
  return workNames.some((known) => known === name);
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What is sent, and what every answer must hold. Plain data: it goes to the load process. */
export interface Load {
  /** Connection n sends the nth list over and over; the lists are dealt out again when there are more connections. */
  readonly requests: readonly (readonly HttpRequest[])[];
  /** Every body holds `text` so many times. */
  readonly expected: { readonly text: string; readonly times: number };
}

export interface Work {
  readonly title: string;
  readonly ours: Load;
  readonly limit: Load;
  /** Reads: both servers must answer with the same rows. */
  readonly sameIds: boolean;
}

export const pageSize = 20;
const batchSize = 10;
/** Enough to go through different pages of the index. */
const differentTasks = 64;

const json = { 'content-type': 'application/json' };
const as = ({ accessToken }: Account) => ({ authorization: `Bearer ${accessToken}` });

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

/** A tRPC query as its client sends it. */
function trpc(procedure: string, input: object): string {
  return `/trpc/${procedure}?input=${encodeURIComponent(JSON.stringify(input))}`;
}

function trpcBatch(procedure: string, inputs: readonly object[]): string {
  const names = inputs.map(() => procedure).join(',');
  return `/trpc/${names}?batch=1&input=${encodeURIComponent(JSON.stringify(Object.assign({}, inputs)))}`;
}

/** Every work, in terms of both servers. */
export function describeWorks({ small, large, taskIds, writers, password }: Scene): Readonly<Record<WorkName, Work>> {
  const ids = taskIds.slice(0, differentTasks);
  const batches = ids.slice(batchSize).map((_, index) => ids.slice(index, index + batchSize));
  const oneId = { text: '"id":"', times: 1 };
  const pageOfIds = { text: '"id":"', times: pageSize };
  const batchOfIds = { text: '"id":"', times: batchSize };
  const task = { title: 'Call the landlord about the heating', notes: 'Before noon', priority: 'high' };
  const created = { text: `"title":"${task.title}"`, times: 1 };
  const signedIn = { text: '"accessToken":"', times: 1 };

  const list = (account: Account, title: string): Work => ({
    title,
    ours: { requests: [[get(trpc('tasks.list', { limit: pageSize }), as(account))]], expected: pageOfIds },
    limit: { requests: [[get('/list', as(account))]], expected: pageOfIds },
    sameIds: true,
  });

  return {
    ping: {
      title: 'ping',
      ours: { requests: [[get('/livez')]], expected: { text: 'ok', times: 1 } },
      limit: { requests: [[get('/ping')]], expected: { text: 'ok', times: 1 } },
      sameIds: false,
    },
    list: list(small, 'tasks.list, 20 of 500'),
    list100k: list(large, 'tasks.list, 20 of 100,000'),
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
      ours: { requests: writers.map((writer) => [post('/trpc/tasks.create', as(writer), task)]), expected: created },
      limit: { requests: writers.map((writer) => [post('/create', as(writer), task)]), expected: created },
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
