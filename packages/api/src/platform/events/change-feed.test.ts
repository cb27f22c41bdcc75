import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { signUp, testDeps, testLog } from '../../testing/index.ts';
import { type Broadcast, createChangeFeed } from './change-feed.ts';

let deps: Deps;
beforeAll(async () => {
  deps = await testDeps(await testDatabase());
});
afterAll(() => deps.db.close());

/** The database, whose answers can be held back, and which says what it was asked. */
function watched() {
  const asked: unknown[] = [];
  let mayAnswer: Promise<void> = Promise.resolve();
  const query: Database['query'] = async (statement, values) => {
    asked.push(values[0]);
    const rows = await deps.db.query(statement, values);
    await mayAnswer;
    return rows;
  };
  const hold = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    mayAnswer = promise;
    return resolve;
  };
  return { asked, hold, db: { query } };
}

/** The database, which can be away. */
function interrupted() {
  const state = { isAway: true };
  const query: Database['query'] = (statement, values) =>
    state.isAway ? Promise.reject(new Error('away')) : deps.db.query(statement, values);
  return { state, db: { query } };
}

const quiet = { seen: () => 0, onTick: () => undefined, onEnd: () => undefined };

describe('the latest change number', () => {
  it('is read once for concurrent callers, and again for later ones', async () => {
    const [one, other] = [await signUp(deps), await signUp(deps)];
    const [a, b, nobody] = [one.user.id, other.user.id, uuidv7()];
    const before = await deps.changes.latest(a);
    const { asked, hold, db } = watched();
    const feed = createChangeFeed(db, testLog(), { pollMs: 1000 });
    const release = hold();
    const first = Promise.all([feed.latest(a), feed.latest(b), feed.latest(a)]);
    await sleep(50);
    await one.api.tasks.create({ title: 'a' });
    // They ask while the first query runs: what it found may be older than their question.
    const second = Promise.all([feed.latest(a), feed.latest(nobody)]);
    release();
    expect(await first).toEqual([before, before, before]);
    expect(await second).toEqual([before + 1, 0]);
    expect(asked).toEqual([
      [a, b],
      [a, nobody],
    ]);
  });

  it('is read again after a failure', async () => {
    const { user } = await signUp(deps);
    const { state, db } = interrupted();
    const feed = createChangeFeed(db, testLog(), { pollMs: 1000 });
    await expect(feed.latest(user.id)).rejects.toThrow('away');
    state.isAway = false;
    expect(await feed.latest(user.id)).toBe(await deps.changes.latest(user.id));
  });
});

describe('an announcement', () => {
  it('wakes the readers of that user, in this and in other processes', () => {
    const receivers: ((userId: string) => void)[] = [];
    const broadcastOf = (self: number): Broadcast => ({
      publish: (userId) => {
        for (const [index, receive] of receivers.entries()) if (index !== self) receive(userId);
      },
      subscribe: (receive) => receivers.push(receive),
    });
    const { db } = deps;
    const [one, other] = [0, 1].map((self) =>
      createChangeFeed(db, testLog(), { pollMs: 1000, broadcast: broadcastOf(self) }),
    );
    const woken: string[] = [];
    one?.watch('a', { ...quiet, onChange: () => woken.push('here') });
    other?.watch('a', { ...quiet, onChange: () => woken.push('there') });
    const leave = other?.watch('b', { ...quiet, onChange: () => woken.push('somebody else') });
    one?.announce('a');
    expect(woken).toEqual(['here', 'there']);
    leave?.();
    one?.announce('b');
    expect(woken.length).toBe(2);
    one?.close();
    other?.close();
  });

  it('that is lost is detected; readers that are up to date are not woken, and a failed query ends nothing', async () => {
    const { api, user } = await signUp(deps);
    const log = testLog();
    const { state, db } = interrupted();
    const feed = createChangeFeed(db, log, { pollMs: 1 });
    const woken: string[] = [];
    const before = await deps.changes.latest(user.id);
    let number = before;
    const leave = [
      feed.watch(user.id, { ...quiet, seen: () => before, onChange: () => woken.push('late') }),
      feed.watch(user.id, { ...quiet, seen: () => number, onChange: () => woken.push('up to date') }),
    ];
    await sleep(600);
    expect(log.lines[0]).toMatchObject({ level: 'warn' });
    state.isAway = false;
    await sleep(600);
    expect(woken).toEqual([]);
    number = before + 1;
    await api.tasks.create({ title: 'a' });
    await sleep(600);
    expect(new Set(woken)).toEqual(new Set(['late']));
    for (const stop of leave) stop();
  });
});
