import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { register } from './harness/call.ts';
import { startServer } from './harness/child-server.ts';
import { roundsFactor } from './harness/env.ts';
import { quantile } from './harness/open-loop.ts';
import { createTestStore } from './harness/test-store.ts';

/** A fifth of the required number: TEST_ROUNDS=5 runs all of them. */
const pairs = 100 * Math.min(roundsFactor(), 5);
const warmUp = 10;
/** Fewer wrong passwords each than an account's budget of an hour. */
const accounts = Math.ceil((pairs + warmUp) / 8);
/** Less than one query more takes, as a share of a login. */
const negligible = 0.005;
/** In standard deviations: equal logins exceed this in one of 15,000 runs. A hash more gives 10. */
const mostDeviations = 4;

interface Answer {
  readonly ms: number;
  /** All of it that a client sees. */
  readonly bytes: string;
}

test('neither the bytes nor the time of a login response reveal whether an address has an account', {
  timeout: 300_000,
}, async () => {
  await using store = await createTestStore();
  await using server = await startServer({ ...store, env: { TRUSTED_PROXIES: '127.0.0.0/8' } });
  const known: string[] = [];
  for (let count = 0; count < accounts; count += 1) known.push((await register(server.url)).email);
  const unknown = known.map(() => `${randomUUID()}@example.test`);

  async function login(email: string, index: number): Promise<Answer> {
    const startedAt = performance.now();
    const response = await fetch(`${server.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-forwarded-for': `10.1.${index >> 8}.${index & 255}`,
        // One for all, so that nothing needs to be left out of the comparison but the time of day.
        'x-request-id': 'the-same-for-all',
      },
      body: JSON.stringify({ email, password: 'not the password of anybody' }),
    });
    const body = await response.text();
    const ms = performance.now() - startedAt;
    const headers = [...response.headers].filter(([name]) => name !== 'date');
    return { ms, bytes: JSON.stringify([response.status, headers, body]) };
  }

  const times = { known: [] as number[], unknown: [] as number[] };
  const seen = new Map<string, number>();
  for (let index = -warmUp; index < pairs; index += 1) {
    // Which comes first changes, so that neither gains from it.
    const order = index % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
    for (const [place, kind] of order.entries()) {
      const emails = kind === 'known' ? known : unknown;
      const { ms, bytes } = await login(emails[(index + warmUp) % accounts] ?? '', (index + warmUp) * 2 + place);
      seen.set(bytes, (seen.get(bytes) ?? 0) + 1);
      // The first ones warm up.
      if (index >= 0) times[kind].push(ms);
    }
  }

  const slowerMs = pairOff(times.known, times.unknown);
  const figures = {
    known: median(times.known),
    unknown: median(times.unknown),
    'median difference': median(slowerMs),
    deviations: deviationsOf(slowerMs, negligible * median(times.unknown)),
  };
  console.table(figures);
  expect([...seen.keys()]).toHaveLength(1);
  expect([...seen.keys()][0]).toContain('INVALID_CREDENTIALS');
  expect(times.known).toHaveLength(pairs);
  expect(figures.deviations).toBeLessThan(mostDeviations);
});

function pairOff(known: readonly number[], unknown: readonly number[]): number[] {
  return known.map((ms, index) => ms - (unknown[index] ?? Number.NaN));
}

function median(values: readonly number[]): number {
  return quantile(
    values.toSorted((one, other) => one - other),
    0.5,
  );
}

/**
 * The sign test: whether one kind takes longer than the other by more than `ms` in more than half of the pairs, in
 * standard deviations of a fair coin. A busy machine makes the differences larger, but no side more frequent.
 */
function deviationsOf(differences: readonly number[], ms: number): number {
  const most = Math.max(
    differences.filter((difference) => difference > ms).length,
    differences.filter((difference) => difference < -ms).length,
  );
  return (2 * most - differences.length) / Math.sqrt(differences.length);
}
