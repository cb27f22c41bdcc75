import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '@alice/api';
import type { Database } from '@alice/db';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, type Person, register } from './harness/call.ts';
import { roundsFactor } from './harness/env.ts';
import { type Fleet, startFleet } from './harness/fleet.ts';
import { inParallel, type KeyedRequest, repeatUntilDone, send, type Tally } from './harness/repeat.ts';
import { createTestStore, type TestStore } from './harness/test-store.ts';
import { openHouse } from './parity/house.ts';
import { buildWorld } from './parity/world.ts';

/** A tenth of the required number: TEST_ROUNDS=10 runs all of them. */
const keys = 10 * roundsFactor();
const calmKeys = 4;
const requestsPerKey = 100;
const people = 4;
const inFlight = 100;
/** So many keys are in the works at once; the requests of each come side by side. */
const keysAtOnce = 4;
const kills = 2 * roundsFactor();

interface Plan {
  readonly name: string;
  readonly keys: number;
  readonly kills: number;
}

/** Sends every request of every key until each has its reply; kills a server now and then. */
async function storm(fleet: Fleet, persons: readonly Person[], plan: Plan) {
  const startedAt = performance.now();
  const tally: Tally = { sent: 0, inUse: 0, busy: 0, unanswered: 0 };
  const replies = new Map<KeyedRequest, string[]>();
  let done = 0;
  const total = plan.keys * requestsPerKey;
  const killer = async () => {
    for (let kill = 1; kill <= plan.kills; kill += 1) {
      const moment = ((kill - Math.random()) / plan.kills) * total;
      while (done < moment) await sleep(1);
      await fleet.replaceOne();
    }
  };
  const requests = inParallel(jobs(persons, plan), inFlight, async (request) => {
    const reply = await repeatUntilDone(fleet.nextUrl, request, tally);
    replies.set(request, [...(replies.get(request) ?? []), reply]);
    done += 1;
  });
  await Promise.all([requests, killer()]);

  const byKey = Map.groupBy(replies, ([{ token, key }]) => `${token} ${key}`);
  expect(byKey.size).toBe(plan.keys);
  for (const ways of byKey.values()) {
    // Byte for byte the same over one transport; over the other, the same task.
    for (const [, bodies] of ways) expect(new Set(bodies).size).toBe(1);
    expect(new Set(ways.map(([, [body = '']]) => taskIn(body))).size).toBe(1);
    expect(ways.flatMap(([, bodies]) => bodies)).toHaveLength(requestsPerKey);
  }
  return { plan, tally, seconds: (performance.now() - startedAt) / 1000 };
}

/** The requests in their order: a few keys at once, half of each key's over REST and half over tRPC. */
function* jobs(persons: readonly Person[], { name, keys: count }: Plan): Generator<KeyedRequest> {
  const each = Array.from({ length: count }, (_, index) => {
    const token = persons[index % people]?.token ?? '';
    // People share their keys' names: a key is a person's own.
    const key = `${name}-${Math.floor(index / people)}`;
    const body = JSON.stringify({ title: `${name} storm ${index}` });
    return ['/api/v1/tasks', '/trpc/tasks.create'].map((path) => ({ path, token, key, body }));
  });
  for (let start = 0; start < count; start += keysAtOnce) {
    const some = each.slice(start, start + keysAtOnce);
    for (let sent = 0; sent < requestsPerKey; sent += 2) for (const ways of some) yield* ways;
  }
}

function taskIn(body: string): unknown {
  return /"id":"([0-9a-f-]{36})"/.exec(body)?.[1];
}

async function leftIn(database: Database) {
  const [counted] = await database.query<{ tasks: number; lines: number; titles: number; keys: number }>(
    {
      text: `SELECT count(*) AS tasks, count(DISTINCT title) AS titles,
                    (SELECT count(*) FROM activity WHERE after ->> 'title' LIKE '% storm %') AS lines,
                    (SELECT count(*) FROM idempotency_keys) AS keys
               FROM tasks WHERE title LIKE '% storm %'`,
    },
    [],
  );
  return counted;
}

describe('a shared server', () => {
  let store: TestStore;
  let fleet: Fleet;
  beforeAll(async () => {
    store = await createTestStore();
    fleet = await startFleet(store);
  });
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  });

  test('F7: of 50 concurrent updates of one version one succeeds, and 49 get a conflict with the current version', {
    timeout: 60_000,
  }, async () => {
    const ada = await register(fleet.nextUrl());
    const { id } = await call(fleet.nextUrl(), 'tasks.create', { title: 'one of many' }, ada.token);

    const write = async (writer: number) => {
      const response = await fetch(`${fleet.nextUrl()}/api/v1/tasks/${id}`, {
        method: 'PATCH',
        headers: { authorization: `Bearer ${ada.token}`, 'content-type': 'application/json', 'if-match': '"1"' },
        body: JSON.stringify({ title: `writer ${writer}`, estimateMinutes: writer }),
      });
      return { writer, status: response.status, body: await response.json() };
    };
    const replies = await Promise.all(Array.from({ length: 50 }, (_, index) => write(index + 1)));

    const winners = replies.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    for (const { body } of replies.filter(({ status }) => status !== 200)) {
      expect(body).toMatchObject({
        status: 412,
        code: 'STALE_VERSION',
        currentVersion: 2,
        changedFields: ['estimateMinutes', 'title'],
        conflictingFields: ['estimateMinutes', 'title'],
      });
    }
    const task = await call(fleet.nextUrl(), 'tasks.get', { id }, ada.token);
    expect(task).toMatchObject({ title: `writer ${winners[0]?.writer}`, version: 2 });
    console.log(
      `F7 on ${fleet.size} process${fleet.size === 1 ? '' : 'es'}: 1 won, ${replies.length - winners.length} × 412`,
    );
  });

  test('F6: of 100 parallel requests per key one is executed, even when processes are killed meanwhile', {
    timeout: 150_000 * roundsFactor(),
  }, async () => {
    const url = fleet.nextUrl();
    const persons = await Promise.all(Array.from({ length: people }, () => register(url)));

    const calm = await storm(fleet, persons, { name: 'calm', keys: calmKeys, kills: 0 });
    const rough = await storm(fleet, persons, { name: 'rough', keys, kills });

    expect(await fleet.stop()).toEqual(Array(fleet.size).fill(0));
    await using database = await store.open();
    const left = await leftIn(database);
    const driver = `${fleet.size} process${fleet.size === 1 ? '' : 'es'}`;
    for (const { plan, tally, seconds } of [calm, rough]) {
      const { sent, inUse, busy, unanswered } = tally;
      console.log(
        `F6 on ${driver}: ${plan.keys} keys × ${requestsPerKey}, ${plan.kills} kills, ${sent} requests, ${inUse} × 409, ` +
          `${busy} × 503, ${unanswered} unanswered, ${seconds.toFixed(1)} s`,
      );
    }
    console.log(`F6 on ${driver}: left`, left);
    const expected = calmKeys + keys;
    expect(left).toEqual({ tasks: expected, lines: expected, titles: expected, keys: expected });
    expect(rough.tally.unanswered).toBeGreaterThan(0);
  });
});

describe('an idempotency key', () => {
  const request = { path: '/api/v1/tasks', key: 'my-key', body: '{"title":"first"}' };

  test('is refused with another body or another procedure', async () => {
    await using house = await openHouse();
    const { person } = await buildWorld(house, 'other');
    const token = person.accessToken;
    expect((await send(house.url, { ...request, token })).status).toBe(201);
    for (const other of [{ body: '{"title":"other"}' }, { path: '/api/v1/goals' }]) {
      const refused = await send(house.url, { ...request, token, ...other });
      expect([refused.status, JSON.parse(refused.text).code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    }
  });

  test('belongs to one user: another user can use the same key', async () => {
    await using house = await openHouse();
    const [ada, bob] = [await buildWorld(house, 'ada'), await buildWorld(house, 'bob')];
    const replies = await Promise.all(
      [ada, bob].map(({ person }) => send(house.url, { ...request, token: person.accessToken })),
    );
    expect(new Set(replies.map(({ text }) => taskIn(text))).size).toBe(2);
  });

  test.each([
    ['failed before it was written', 'before', new Error('the disk is full'), 500],
    ['failed after it was written', 'after', new Error('the disk is full'), 500],
    ['found the database unavailable', 'before', new DomainError('UNAVAILABLE'), 503],
  ] as const)('stores no response of a request that %s', async (_, moment, error, status) => {
    const faulty: { next: Error | null } = { next: null };
    await using house = await openHouse({ wrap: (db) => failing(db, moment, faulty) });
    const { person } = await buildWorld(house, 'ada');
    const keyed = { ...request, token: person.accessToken };
    faulty.next = error;
    expect((await send(house.url, keyed)).status).toBe(status);
    const first = await send(house.url, keyed);
    expect(first.status).toBe(201);
    expect(await send(house.url, keyed)).toEqual(first);
    const tasks = await house.deps.db.prisma.task.count({ where: { userId: person.id, title: 'first' } });
    expect(tasks).toBe(1);
  });
});

/** A database whose next transaction fails: before its work, or after it and before the commit. */
function failing(db: Database, moment: 'before' | 'after', faulty: { next: Error | null }): Database {
  const take = () => {
    const { next } = faulty;
    faulty.next = null;
    return next;
  };
  return {
    ...db,
    prisma: db.prisma,
    async transaction(work) {
      const error = take();
      if (error !== null && moment === 'before') throw error;
      return db.transaction(async (tx) => {
        const result = await work(tx);
        if (error !== null) throw error;
        return result;
      });
    },
  };
}
