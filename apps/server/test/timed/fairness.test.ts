import { expect, test } from 'vitest';
import { call, inputParameter, register } from '../harness/call.ts';
import { startServer } from '../harness/child-server.ts';
import { roundsFactor } from '../harness/env.ts';
import { type Answers, abuses } from '../harness/greedy.ts';
import { type LoopResult, openLoop, quantile } from '../harness/open-loop.ts';
import { inParallel } from '../harness/repeat.ts';
import { startGreedy } from '../harness/start-greedy.ts';
import { createTestStore } from '../harness/test-store.ts';

/** Fifty people who make two calls a second each. */
const people = 50;
const rate = { perSecond: 2 * people, seconds: 4 };
const looks = { perSecond: 10, seconds: rate.seconds };
const mostRounds = 6;
/** What the senders and the database take of the machine that they share with the server. */
const noiseMs = 50;
const livezMs = 50;

interface Row {
  readonly abuse: string;
  readonly 'p50 alone': number;
  readonly 'p50 beside': number;
  readonly 'p99 alone': number;
  readonly 'p99 beside': number;
  readonly 'others 5xx': number;
  readonly 'livez p99': number;
  readonly served: number;
  readonly refused: number;
  readonly kept: boolean;
}

test('F16: whatever one user does, others are served at their usual speed', { timeout: 600_000 }, async () => {
  await using store = await createTestStore();
  await using server = await startServer(store);
  const { url } = server;
  const tokens: string[] = [];
  await inParallel(Array(people).keys(), 10, async () => {
    const { token } = await register(url);
    for (let count = 0; count < 5; count += 1) await call(url, 'tasks.create', { title: `${count}` }, token);
    tokens.push(token);
  });
  await using greedy = await startGreedy(url);

  const other = (index: number): Promise<Response> => {
    const headers = { authorization: `Bearer ${tokens[index % people]}`, 'content-type': 'application/json' };
    if (index % 5 === 0) {
      const body = JSON.stringify({ title: `Task ${index}` });
      return fetch(`${url}/trpc/tasks.create`, { method: 'POST', headers, body });
    }
    if (index % 5 === 1) return fetch(`${url}/trpc/sync.pull?${inputParameter({})}`, { headers });
    return fetch(`${url}/api/v1/tasks?limit=20`, { headers });
  };
  const measure = async () => {
    const [calls, livez] = await Promise.all([openLoop(rate, other), openLoop(looks, () => fetch(`${url}/livez`))]);
    return { calls, livez };
  };
  const beside = async (names: readonly string[]) => {
    const end = greedy.begin(names);
    const measured = await measure();
    return { ...measured, answers: await end() };
  };

  // What runs for the first time is compiled meanwhile, and connections are made.
  const all = Object.keys(abuses);
  await beside(all);
  const rows: Row[] = [];
  // Longer trials than in CI also run each of them alone.
  const alone = roundsFactor() > 1 ? all.map((name) => [name, [name]] as const) : [];
  for (const [name, abused] of [...alone, ['all at once', all] as const]) {
    // Again where a round misses: a machine that is busy with something else for a moment is no abuse.
    for (let round = 0; round < mostRounds; round += 1) {
      const row = toRow(name, await measure(), await beside(abused));
      rows.push(row);
      console.table(rows);
      expect(row['others 5xx'], name).toBe(0);
      if (row.kept) break;
    }
    expect(rows.at(-1), name).toMatchObject({ kept: true });
  }
  // Refusals are logged as such; nothing failed.
  const failures = server.logs.filter(({ msg }) => msg === 'request failed');
  expect(failures).toEqual([]);
});

interface Measured {
  readonly calls: LoopResult;
  readonly livez: LoopResult;
}

function toRow(abuse: string, alone: Measured, beside: Measured & { readonly answers: Answers }): Row {
  const p = (share: number, { calls }: Measured) => Math.round(quantile(calls.latencies, share) * 10) / 10;
  const livez = quantile(beside.livez.latencies, 0.99);
  const served = beside.answers['200'] ?? 0;
  const failed = Object.entries(beside.calls.statuses).filter(([status]) => Number(status) >= 500);
  const isPaceKept = p(0.99, beside) <= 2 * p(0.99, alone) + noiseMs;
  const isAliveKept = livez <= livezMs + quantile(alone.livez.latencies, 0.99);
  return {
    abuse,
    'p50 alone': p(0.5, alone),
    'p50 beside': p(0.5, beside),
    'p99 alone': p(0.99, alone),
    'p99 beside': p(0.99, beside),
    'others 5xx': failed.reduce((sum, [, count]) => sum + count, 0),
    'livez p99': Math.round(livez),
    served,
    refused: Object.values(beside.answers).reduce((sum, count) => sum + count, 0) - served,
    kept: isPaceKept && isAliveKept,
  };
}
