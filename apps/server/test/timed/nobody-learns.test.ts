import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { register } from '../harness/call.ts';
import { startServer } from '../harness/child-server.ts';
import { roundsFactor } from '../harness/env.ts';
import { quantile } from '../harness/open-loop.ts';
import { createTestStore } from '../harness/test-store.ts';

/** Half of what is promised: the whole is run with TEST_ROUNDS=2. */
const pairs = 250 * Math.min(roundsFactor(), 2);
/** Fewer wrong passwords each than an account's budget of an hour. */
const accounts = 60;

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
  for (let index = -20; index < pairs; index += 1) {
    // Which comes first changes, so that neither gains from it.
    const order = index % 2 === 0 ? (['known', 'unknown'] as const) : (['unknown', 'known'] as const);
    for (const [place, kind] of order.entries()) {
      const emails = kind === 'known' ? known : unknown;
      const { ms, bytes } = await login(emails[(index + accounts) % accounts] ?? '', (index + 20) * 2 + place);
      seen.set(bytes, (seen.get(bytes) ?? 0) + 1);
      // The first ones warm up.
      if (index >= 0) times[kind].push(ms);
    }
  }

  const median = (of: readonly number[]) =>
    quantile(
      of.toSorted((a, b) => a - b),
      0.5,
    );
  const [ofKnown, ofUnknown] = [median(times.known), median(times.unknown)];
  console.table({ 'wrong password': { ms: ofKnown }, 'unknown address': { ms: ofUnknown } });
  expect([...seen.keys()]).toHaveLength(1);
  expect([...seen.keys()][0]).toContain('INVALID_CREDENTIALS');
  expect(times.known).toHaveLength(pairs);
  expect(Math.abs(ofKnown - ofUnknown)).toBeLessThan(2);
});
