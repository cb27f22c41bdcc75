import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { signUp, type TestClock, testClock, testDeps } from '../../testing/index.ts';
import { recordFailedSignIn } from './record-failed-sign-in.ts';

let deps: Deps;
let clock: TestClock;

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase({ refuseIdleTransactions: false }), { clock });
});
afterAll(() => deps.db.close());

const attempt = (email: string, more: { id?: string; userAgent?: string | null } = {}) => {
  const { id = uuidv7(), userAgent = 'curl/8' } = more;
  return recordFailedSignIn(deps, {
    id,
    data: { email, address: '203.0.113.7', userAgent, at: '2026-03-04T09:59:58.000Z' },
  });
};
const linesOf = (userId: string) =>
  deps.db.query<{ number: number; entityId: string; after: Record<string, unknown>; before: null }>(
    {
      text: `SELECT number, entity_id AS "entityId", before, after FROM activity
              WHERE user_id = $1 AND entity = 'session' AND action = 'failed_login' ORDER BY number`,
    },
    [userId],
  );

describe('recordFailedSignIn', () => {
  it('writes one activity entry with the next number, and none if there is no account', async () => {
    const { email, user, api } = await signUp(deps);
    const id = uuidv7();
    expect(await attempt(email, { id })).toBe(true);
    const [line] = await linesOf(user.id);
    expect(line).toMatchObject({
      entityId: id,
      before: null,
      after: { address: '203.0.113.7', userAgent: 'curl/8', at: '2026-03-04T09:59:58.000Z' },
    });
    expect(await attempt('nobody@example.com')).toBe(false);
    // Whoever follows the changes is not stopped by a line that is of no row.
    const task = await api.tasks.create({ title: 'after it' });
    const changes = await api.sync.pull({});
    expect(changes.items.map((change) => change.id)).toContain(task.id);
  });

  it('writes no second entry when the job runs again', async () => {
    const { email, user } = await signUp(deps);
    const id = uuidv7();
    expect([await attempt(email, { id }), await attempt(email, { id })]).toEqual([true, false]);
    expect(await linesOf(user.id)).toHaveLength(1);
  });

  it('counts concurrent writes: one stays one, and twenty stay twenty', async () => {
    const { email, user } = await signUp(deps);
    const id = uuidv7();
    const hold = (ms: number) =>
      deps.db.transaction(async ({ query }) => {
        await lockPerson(user.id, query);
        await sleep(ms);
      });
    // All of them wait for whoever changes something of the person's, and go on together.
    const [, ...once] = await Promise.all([hold(200), ...[1, 2, 3].map(() => attempt(email, { id }))]);
    expect(once.filter((isWritten) => isWritten)).toHaveLength(1);
    for (let count = 0; count < 18; count += 1) await attempt(email);
    await Promise.all([hold(200), ...[1, 2, 3].map(() => attempt(email))]);
    expect(await linesOf(user.id)).toHaveLength(20);
  });

  it('writes at most twenty entries an hour', async () => {
    const { email, user } = await signUp(deps);
    const [before] = await numberOf(user.id);
    for (let count = 0; count < 25; count += 1) await attempt(email);
    expect(await linesOf(user.id)).toHaveLength(20);
    expect((await numberOf(user.id))[0]).toBe((before ?? 0) + 20);
    clock.advance({ minutes: 61 });
    expect(await attempt(email)).toBe(true);
  });

  it('stores any user agent, truncated', async () => {
    const { email, user } = await signUp(deps);
    await attempt(email, { userAgent: `\u0000\ud800${'x'.repeat(10_000)}` });
    await attempt(email, { userAgent: null });
    const [long, none] = await linesOf(user.id);
    expect(String(long?.after['userAgent']).length).toBeLessThanOrEqual(500);
    expect(none?.after['userAgent']).toBeNull();
  });
});

async function numberOf(userId: string): Promise<number[]> {
  const rows = await deps.db.query<{ number: number }>(
    { text: 'SELECT number FROM change_counters WHERE user_id = $1' },
    [userId],
  );
  return rows.map(({ number }) => number);
}
