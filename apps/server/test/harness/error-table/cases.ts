import type { ErrorCode } from '@alice/api';

/** A request that fails. The test replaces placeholders such as `{task}`. */
export interface RefusedRequest {
  /** Method and address. */
  readonly request: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** A short form of the URL or the body for the page, if it is too long. */
  readonly shown?: string;
  /** Authenticated as Ada by default. */
  readonly anonymous?: true;
  /** Earlier requests: one with this body, or this number of requests in the same minute. */
  readonly earlier?: string | number;
  readonly status: number;
  readonly code: ErrorCode;
  /** The response headers to check. A number in a pattern is shown as `n`. */
  readonly says?: Readonly<Record<string, string | RegExp>>;
}

export interface Section {
  readonly title: string;
  readonly cases: readonly RefusedRequest[];
}

const api = '/api/v1';
const json = { 'content-type': 'application/json' };
const post = (body: string) => ({ request: `POST ${api}/tasks`, headers: json, body });
const patch = (body: string) => ({ request: `PATCH ${api}/tasks/{task}`, headers: json, body });
const get = (address: string) => ({ request: `GET ${api}${address}` });
const invalid = { status: 400, code: 'VALIDATION_FAILED' } as const;
const unauthenticated = { status: 401, code: 'UNAUTHENTICATED' } as const;
const notFound = { status: 404, code: 'NOT_FOUND' } as const;
const withHeader = (name: string, value: string) => ({ headers: { ...json, [name]: value } });
const nobodysId = '01a20543-66c4-727a-834f-ddca3c63f226';

export const sections: readonly Section[] = [
  {
    title: 'URL and method',
    cases: [
      { ...get('/nowhere'), ...notFound },
      {
        request: `PUT ${api}/tasks`,
        headers: json,
        body: '{}',
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
        says: { allow: 'POST, GET, HEAD, OPTIONS' },
      },
      {
        request: `POST ${api}/health`,
        headers: json,
        body: '{}',
        status: 405,
        code: 'METHOD_NOT_ALLOWED',
        says: { allow: 'GET, HEAD, OPTIONS' },
      },
      {
        ...get(`/tasks?text=${'x'.repeat(9000)}`),
        shown: `GET ${api}/tasks?text=xxxx… (9,000 × x)`,
        status: 414,
        code: 'URI_TOO_LONG',
      },
    ],
  },
  {
    title: 'Media types',
    cases: [
      {
        ...post('title=Pay+the+rent'),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        status: 415,
        code: 'UNSUPPORTED_MEDIA_TYPE',
      },
      { ...get('/tasks'), headers: { accept: 'text/html' }, status: 406, code: 'NOT_ACCEPTABLE' },
      { ...get('/sync/live'), headers: { accept: 'application/json' }, status: 406, code: 'NOT_ACCEPTABLE' },
      {
        ...post(JSON.stringify({ title: 'x'.repeat(1_100_000) })),
        shown: '{"title": "xxxx… (1.1 MB)"}',
        status: 413,
        code: 'PAYLOAD_TOO_LARGE',
      },
    ],
  },
  {
    title: 'Request body',
    cases: [
      { ...post('{"title": "Pay the rent"\n "priority": "high"}'), ...invalid },
      { ...post("{'title': 'Pay the rent'}"), ...invalid },
      { ...post('{"title": "Pay the rent",\n "notes": }'), ...invalid },
      { ...post('{"title":'), ...invalid },
      { ...post('["Pay the rent"]'), ...invalid },
      { request: `POST ${api}/tasks`, ...invalid },
    ],
  },
  {
    title: 'Fields',
    cases: [
      { ...post('{}'), ...invalid },
      { ...post('{"title": 7, "estimateMinutes": "30"}'), ...invalid },
      { ...post('{"title": "   "}'), ...invalid },
      { ...post('{"title": "Pay", "status": "finished"}'), ...invalid },
      { ...post('{"title": "Pay", "due": "tomorrow"}'), ...invalid },
      { ...post('{"title": "Pay", "due": {"date": "2026-02-30"}}'), ...invalid },
      { ...post('{"title": "Pay", "due": {"date": "2026-02-20", "timeZone": "Europe/Berlin"}}'), ...invalid },
      { ...post('{"title": "Pay", "colour": "red"}'), ...invalid },
      { ...post('{"title": 7, "notes": 7, "status": 7, "priority": 7}'), ...invalid },
      { ...post('{"id": "6f9619ff-8b86-4011-b42d-00c04fc964ff", "title": "Pay"}'), ...invalid },
      { ...get('/tasks?limit=many&deleted=yes'), ...invalid },
      { ...get('/tasks?limit=500'), ...invalid },
      { ...get('/tasks?limit=1&limit=2'), ...invalid },
      { ...get('/tasks?due=2026-12-01'), ...invalid },
      { ...get('/tasks?colour=red'), ...invalid },
      { ...get('/tasks/123'), ...invalid },
      { request: `PATCH ${api}/users/me`, headers: json, body: '{"timeZone": "UTC+2"}', ...invalid },
    ],
  },
  {
    title: 'Misplaced fields',
    cases: [
      { request: `POST ${api}/tasks?title=a`, headers: json, body: '{}', ...invalid },
      { request: `DELETE ${api}/tasks/{task}`, headers: json, body: '{"expectedVersion":1}', ...invalid },
      { request: `PATCH ${api}/tasks/{task}?expectedVersion=1`, headers: json, body: '{"title":"b"}', ...invalid },
      { ...patch('{"id": "{task}", "title": "Pay"}'), ...invalid },
      { ...patch('{"expectedVersion": 1, "title": "Pay"}'), ...invalid },
      { ...get('/sync/live?lastEventId=3'), ...invalid },
    ],
  },
  {
    title: 'Pagination',
    cases: [
      { ...get('/tasks?cursor=2'), ...invalid },
      { ...get('/tasks?order=due&cursor={cursor of another order}'), ...invalid },
      { ...get('/sync/changes?cursor=2'), ...invalid },
    ],
  },
  {
    title: 'Missing and existing resources',
    cases: [
      { ...get(`/tasks/${nobodysId}`), ...notFound },
      { ...get("/tasks/{somebody else's task}"), ...notFound },
      { ...post(`{"title": "Pay", "goalId": "${nobodysId}"}`), ...notFound },
      { ...post('{"id": "{task}", "title": "Pay"}'), status: 409, code: 'CONFLICT' },
      { ...post(`{"title": "Pay", "listId": "${nobodysId}"}`), ...notFound },
      { request: `DELETE ${api}/lists/{Inbox}`, status: 409, code: 'CONFLICT' },
      { request: `POST ${api}/sync/changes/3/undo`, status: 409, code: 'CANNOT_UNDO' },
      { request: `POST ${api}/sync/changes/{overwritten change}/undo`, status: 409, code: 'CANNOT_UNDO' },
      { ...get('/sync/live'), headers: { 'last-event-id': '9999' }, status: 410, code: 'FULL_SYNC_REQUIRED' },
    ],
  },
  {
    title: 'Concurrency control',
    cases: [
      { ...patch('{"title": "Pay"}'), ...withHeader('if-match', '1'), ...invalid },
      { ...patch('{"title": "Pay"}'), ...withHeader('if-match', '"1", "2"'), ...invalid },
      { ...patch('{"title": "Pay"}'), ...withHeader('if-match', '"0"'), ...invalid },
      {
        ...patch('{"title": "Pay", "notes": "By Friday"}'),
        ...withHeader('if-match', '"1"'),
        status: 412,
        code: 'STALE_VERSION',
      },
    ],
  },
  {
    title: 'Idempotency keys',
    cases: [
      { ...post('{"title": "Pay"}'), ...withHeader('idempotency-key', 'pay the rent'), ...invalid },
      { ...post('{"title": "Pay"}'), ...withHeader('idempotency-key', 'one, two'), ...invalid },
      {
        ...post('{"title": "Pay"}'),
        ...withHeader('idempotency-key', 'my-key'),
        earlier: '{"title": "Pay the rent"}',
        status: 422,
        code: 'IDEMPOTENCY_KEY_REUSED',
      },
      {
        ...post('{"title": "Pay"}'),
        ...withHeader('idempotency-key', 'running'),
        status: 409,
        code: 'IDEMPOTENCY_KEY_IN_USE',
        says: { 'retry-after': '1' },
      },
    ],
  },
  {
    title: 'Authentication',
    cases: [
      { ...get('/tasks'), anonymous: true, ...unauthenticated },
      { ...get('/tasks'), headers: { authorization: 'Basic YWRhOnNlY3JldA==' }, ...unauthenticated },
      { ...get('/tasks'), headers: { authorization: 'Bearer nonsense' }, ...unauthenticated },
      { ...get('/tasks'), headers: { authorization: 'Bearer {refresh token}' }, ...unauthenticated },
      { ...get('/tasks'), headers: { authorization: 'Bearer {expired token}' }, ...unauthenticated },
      { ...get('/tasks'), headers: { authorization: 'Bearer {signed-out token}' }, ...unauthenticated },
      { ...get('/users'), status: 403, code: 'FORBIDDEN' },
      {
        request: `POST ${api}/auth/login`,
        headers: json,
        body: '{"email": "ada-me@example.com", "password": "a guess"}',
        anonymous: true,
        status: 401,
        code: 'INVALID_CREDENTIALS',
      },
      {
        request: `POST ${api}/auth/register`,
        headers: json,
        body: '{"email": "ada", "password": "secret", "name": "Ada"}',
        anonymous: true,
        ...invalid,
      },
      {
        request: `POST ${api}/auth/register`,
        headers: json,
        body: '{"email": "ada-me@example.com", "password": "correct horse battery staple", "name": "Ada"}',
        anonymous: true,
        status: 409,
        code: 'CONFLICT',
      },
      {
        request: `POST ${api}/auth/refresh`,
        headers: json,
        body: '{"refreshToken": "{used refresh token}"}',
        anonymous: true,
        ...unauthenticated,
      },
    ],
  },
  {
    title: 'Account security and API keys',
    cases: [
      {
        request: `POST ${api}/auth/register`,
        headers: json,
        body: '{"email": "grace@example.com", "password": "passwordpassword", "name": "Grace"}',
        anonymous: true,
        ...invalid,
      },
      {
        request: `POST ${api}/auth/register`,
        headers: json,
        body: '{"email": "grace.hopper@example.com", "password": "grace.hopper.example", "name": "Grace"}',
        anonymous: true,
        ...invalid,
      },
      {
        request: `POST ${api}/auth/login`,
        headers: json,
        body: '{"email": "guarded@example.com", "password": "correct horse battery staple"}',
        anonymous: true,
        status: 401,
        code: 'SECOND_FACTOR_REQUIRED',
      },
      {
        request: `POST ${api}/auth/second-factor`,
        headers: json,
        body: '{"ticket": "nonsense", "code": "123456"}',
        anonymous: true,
        status: 400,
        code: 'INVALID_TOKEN',
      },
      {
        request: `POST ${api}/auth/second-factor`,
        headers: json,
        body: '{"ticket": "nonsense"}',
        anonymous: true,
        ...invalid,
      },
      {
        request: `POST ${api}/auth/verify-email`,
        headers: json,
        body: '{"token": "nonsense"}',
        anonymous: true,
        status: 400,
        code: 'INVALID_TOKEN',
      },
      {
        request: `POST ${api}/api-keys`,
        headers: { ...json, authorization: 'Bearer {token of six minutes ago}' },
        body: '{"name": "Backup", "scopes": ["tasks:read"]}',
        status: 403,
        code: 'FRESH_SIGN_IN_REQUIRED',
      },
      {
        ...post('{"title": "Pay"}'),
        headers: { ...json, authorization: 'Bearer {key with read scopes}' },
        status: 403,
        code: 'INSUFFICIENT_SCOPE',
      },
      {
        ...get('/api-keys'),
        headers: { authorization: 'Bearer {key with read scopes}' },
        status: 403,
        code: 'INSUFFICIENT_SCOPE',
      },
      { ...get('/tasks'), headers: { authorization: 'Bearer alice_nonsense' }, ...unauthenticated },
      {
        request: `POST ${api}/auth/refresh`,
        headers: { ...json, 'x-alice-session': 'cookie', origin: 'https://elsewhere.example' },
        body: '{}',
        anonymous: true,
        status: 403,
        code: 'FORBIDDEN',
      },
    ],
  },
  {
    title: 'Rate limits',
    cases: [
      {
        ...get('/users/me'),
        earlier: 2,
        status: 429,
        code: 'TOO_MANY_REQUESTS',
        says: {
          'retry-after': /^\d+$/,
          'ratelimit-limit': '2',
          'ratelimit-remaining': '0',
          'ratelimit-reset': /^\d+$/,
        },
      },
    ],
  },
  {
    title: 'tRPC',
    cases: [
      { request: 'POST /trpc/tasks.make', headers: json, body: '{}', ...notFound },
      { request: 'GET /trpc/tasks.create', status: 405, code: 'METHOD_NOT_ALLOWED', says: { allow: 'POST' } },
      { request: 'POST /trpc/tasks.create', headers: json, body: '{"title": ""}', ...invalid },
      { request: 'POST /trpc/tasks.create', headers: json, body: '{"title":', ...invalid },
      {
        request: 'POST /trpc/tasks.update',
        headers: json,
        body: '{"id": "{task}", "expectedVersion": 1, "title": "Pay"}',
        status: 409,
        code: 'STALE_VERSION',
      },
      {
        request: 'POST /trpc/tasks.create,tasks.create?batch=1',
        ...withHeader('idempotency-key', 'my-key'),
        body: '{"0": {"title": "Pay"}, "1": {"title": "Eat"}}',
        ...invalid,
      },
      {
        request: `GET /trpc/${Array(11).fill('users.me').join(',')}?batch=1`,
        shown: 'GET /trpc/users.me,… (11 times)?batch=1',
        ...invalid,
      },
    ],
  },
];
