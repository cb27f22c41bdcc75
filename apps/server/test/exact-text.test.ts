import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, register } from './harness/call.ts';
import { type ChildServer, startServer } from './harness/child-server.ts';
import { createTestStore, type TestStore } from './harness/test-store.ts';

let store: TestStore;
let server: ChildServer;
let ada: Person;

beforeAll(async () => {
  store = await createTestStore();
  server = await startServer(store);
  ada = await register(server.url);
}, 60_000);
afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await store[Symbol.asyncDispose]();
});

const kept = {
  'a byte order mark at its start': '\ufeffPay the rent',
  'nothing but a byte order mark and a letter': '\ufeffa',
  'byte order marks in between and at its end': 'a\ufeffb\ufeff',
  'white space around it': '\t  a \u00a0\u2003\n',
  'every control character but NUL': `${Array.from({ length: 31 }, (_, code) => String.fromCharCode(code + 1)).join('')}a\u007f\u0085`,
  'line separators': 'a\u2028b\u2029c\r\nd\re',
  'letters composed and not': '\u00e9 e\u0301 \u212b A\u030a \uac00 \u1100\u1161',
  'letters beyond the first plane': '𝒜 😀 👩‍👩‍👧‍👦 🏳️‍🌈 \u{10ffff}',
  'noncharacters and private ones': '\ufffe \uffff \ue000 \u{fffff}',
  'the replacement character': '\ufffd',
  'directions and joiners': '\u202e\u2066\u200d\u200f\u061c a',
  'quotes and backslashes': `"\\' \\u0000 \\x00 {"a":1} $1 %s \`; DROP TABLE tasks; --`,
  'names of properties': '__proto__ constructor toString',
};

const ways = {
  tRPC: {
    create: (input: object) => post('/trpc/tasks.create', input),
    get: (id: string) =>
      fetch(`${server.url}/trpc/tasks.get?input=${encodeURIComponent(JSON.stringify({ id }))}`, { headers: headers() }),
    dataOf: (body: { result: { data: Task } }) => body.result.data,
  },
  REST: {
    create: (input: object) => post('/api/v1/tasks', input),
    get: (id: string) => fetch(`${server.url}/api/v1/tasks/${id}`, { headers: headers() }),
    dataOf: (body: { data: Task }) => body.data,
  },
} as const;

interface Task {
  readonly id: string;
  readonly title: string;
  readonly notes: string;
}

const headers = () => ({ authorization: `Bearer ${ada.token}`, 'content-type': 'application/json' });

/** Both as the text itself and as escapes: JSON has two ways to write it. */
function post(path: string, input: object | string): Promise<Response> {
  const body = typeof input === 'string' ? input : JSON.stringify(input);
  return fetch(`${server.url}${path}`, { method: 'POST', headers: headers(), body });
}

/** The text of the reply, without what a decoder does with a byte order mark. */
async function read<Body>(response: Response): Promise<Body> {
  const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await response.arrayBuffer());
  return JSON.parse(text) as Body;
}

const escaped = (value: string) =>
  `"${[...Array(value.length).keys()].map((at) => `\\u${value.charCodeAt(at).toString(16).padStart(4, '0')}`).join('')}"`;

describe.each(['tRPC', 'REST'] as const)('over %s', (name) => {
  const way = ways[name];
  // The guarantee: each way reads its own replies.
  const dataOf = way.dataOf as (body: unknown) => Task;

  test.each(Object.entries(kept))('returns a text with %s unchanged', async (_what, text) => {
    const inputs = [
      JSON.stringify({ title: text, notes: text }),
      `{"title":${escaped(text)},"notes":${escaped(text)}}`,
    ];
    for (const input of inputs) {
      const path = name === 'tRPC' ? '/trpc/tasks.create' : '/api/v1/tasks';
      const created = await post(path, input);
      expect([200, 201]).toContain(created.status);
      const made = dataOf(await read(created));
      expect([made.title, made.notes]).toEqual([text, text]);
      for (const other of Object.values(ways)) {
        const found = (other.dataOf as (body: unknown) => Task)(await read(await other.get(made.id)));
        expect([found.title, found.notes]).toEqual([text, text]);
      }
    }
  });

  test.each([
    ['NUL', 'a\u0000b'],
    ['an unpaired high surrogate', 'a\ud800b'],
    ['an unpaired low surrogate', 'a\udc00b'],
    ['swapped surrogates', '\udc00\ud800'],
  ])('refuses a text with %s and names its field', async (_what, text) => {
    for (const field of ['title', 'notes']) {
      const refused = await way.create({ title: 'a', [field]: text });
      expect(refused.status).toBe(400);
      const body = JSON.stringify(await read(refused));
      expect(body).toContain('must not contain NUL or an unpaired surrogate');
      expect(body).toContain(`"path":"${field}"`);
    }
  });
});
