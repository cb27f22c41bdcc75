import { DomainError, procedureMap } from '@alice/api';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Address, readInput } from './read-input.ts';
import { type Route, restRoutes } from './routes.ts';

const routes = restRoutes();

function routeOf(path: string): Route {
  const route = routes.find(({ procedure }) => procedure.path === path);
  if (route === undefined) throw new Error(`${path} has no route`);
  return route;
}

function read(path: string, query = '', more: Partial<Address> = {}, body?: unknown): unknown {
  const address = { path: {}, query: new URLSearchParams(query), ifMatch: undefined, lastEventId: undefined, ...more };
  return readInput(routeOf(path), address, body);
}

function refusal(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return error instanceof DomainError ? error.errors : error;
  }
}

describe('the query string', () => {
  it('is converted to the types of the input, and otherwise left to the schema', () => {
    expect(
      read('tasks.list', 'status=todo&status=done&deleted=true&limit=5&text=5&due[from]=2026-01-01&due[to]=x'),
    ).toEqual({ status: ['todo', 'done'], deleted: true, limit: 5, text: '5', due: { from: '2026-01-01', to: 'x' } });
    expect(read('tasks.list', 'limit=abc&deleted=yes&nope=1&due[x]=1&limit[a]=2')).toEqual({
      limit: 'abc',
      deleted: 'yes',
      nope: '1',
      due: { x: '1' },
      'limit[a]': '2',
    });
    expect(read('tasks.list', 'limit=1e3&priority=high')).toEqual({ limit: '1e3', priority: ['high'] });
    expect(read('users.me', 'x=1')).toBeUndefined();
    expect(refusal(() => read('tasks.list', 'limit=1&limit=2&due=2026-01-01'))).toEqual([
      { path: 'limit', message: 'must not be repeated' },
      { path: 'due', message: 'must be written as due[from] and due[to]' },
    ]);
  });

  it('never throws on any input, and changes no prototype', () => {
    const names = fc.oneof(
      fc.string(),
      fc.constantFrom('__proto__', 'constructor', 'due[__proto__]', '__proto__[x]', 'due[]'),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(names, fc.string())), (pairs) => {
        const input = refusal(() => read('tasks.list', new URLSearchParams(pairs).toString()));
        expect([Object.prototype, Array.prototype]).toContain(Object.getPrototypeOf(input));
        expect(Object.prototype).not.toHaveProperty('x');
      }),
    );
  });

  it('round-trips every list input', () => {
    const { inputs } = procedureMap.get('tasks.list') ?? { inputs: [] };
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 });
    const asked = fc.record(
      {
        status: fc.uniqueArray(fc.constantFrom('todo', 'done', 'cancelled'), { minLength: 1 }),
        text: text.filter((value) => !value.includes('\u0000')),
        deleted: fc.boolean(),
        limit: fc.integer({ min: 1, max: 100 }),
        due: fc.record({ from: fc.constant('2026-01-01'), to: fc.constant('2026-12-31') }, { requiredKeys: [] }),
      },
      { requiredKeys: ['limit'] },
    );
    fc.assert(
      fc.property(asked, (input) => {
        const query = new URLSearchParams();
        for (const [name, value] of Object.entries(input)) {
          if (Array.isArray(value)) for (const item of value) query.append(name, item);
          else if (typeof value === 'object')
            for (const [key, inner] of Object.entries(value)) query.set(`${name}[${key}]`, inner);
          else query.set(name, String(value));
        }
        const { due, ...others } = input;
        const expected = due === undefined || Object.keys(due).length === 0 ? others : input;
        const found = read('tasks.list', query.toString());
        expect(found).toEqual(expected);
        expect(inputs[0]?.safeParse(found).success).toBe(true);
      }),
    );
  });
});

describe('the request body', () => {
  const id = '01a20543-66c4-727a-834f-ddca3c63f226';

  it('is merged with the path parameters and the version in If-Match', () => {
    expect(read('tasks.update', '', { path: { id }, ifMatch: '"3-0a1b"' }, { title: 'a' })).toEqual({
      id,
      title: 'a',
      expectedVersion: 3,
    });
    expect(read('tasks.delete', '', { path: { id }, ifMatch: 'W/"12"' })).toEqual({ id, expectedVersion: 12 });
    expect(read('tasks.complete', '', { path: { id }, ifMatch: '*' })).toEqual({ id });
    expect(read('sync.undo', '', { path: { number: '57' } })).toEqual({ number: 57 });
    expect(read('sync.undo', '', { path: { number: 'x' } })).toEqual({ number: 'x' });
    expect(read('sync.live', '', { lastEventId: '57' })).toEqual({ lastEventId: '57' });
  });

  it('may not repeat a field of the path or the header', () => {
    expect(refusal(() => read('tasks.update', '', { path: { id } }, { id, expectedVersion: 1 }))).toEqual([
      { path: 'id', message: 'must be in the path' },
      { path: 'expectedVersion', message: 'must be sent as the header If-Match' },
    ]);
    expect(refusal(() => read('sync.live', 'lastEventId=5'))).toEqual([
      { path: 'lastEventId', message: 'must be sent as the header Last-Event-ID' },
    ]);
  });

  it('is refused where none is expected, and so is a query string beside a body', () => {
    expect(refusal(() => read('tasks.delete', '', { path: { id } }, { expectedVersion: 1, constructor: 1 }))).toEqual([
      { path: 'expectedVersion', message: 'must be sent as the header If-Match' },
      { path: 'constructor', message: 'is not a known field' },
    ]);
    expect(refusal(() => read('tasks.create', 'title=x&colour=red', {}, { title: 'y' }))).toEqual([
      { path: 'title', message: 'must be in the body' },
      { path: 'colour', message: 'is not a known field' },
    ]);
    expect(refusal(() => read('tasks.update', 'expectedVersion=1', { path: { id } }, {}))).toEqual([
      { path: 'expectedVersion', message: 'must be sent as the header If-Match' },
    ]);
  });

  it.each([[[]], ['text'], [5], [null], [true]])('must be an object, not %j', (body) => {
    expect(() => read('tasks.create', '', {}, body)).toThrow('The request body must be a JSON object');
  });

  it.each(['3', '"x"', '"1", "2"', '""', '"-1"', 'W/3', '"99999999999"', '"0"'])(
    'is refused with If-Match %j',
    (ifMatch) => {
      expect(refusal(() => read('tasks.update', '', { path: { id }, ifMatch }, {}))).toMatchObject([
        { path: 'If-Match' },
      ]);
    },
  );
});
