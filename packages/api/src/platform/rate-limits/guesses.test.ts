import { afterEach, describe, expect, it, vi } from 'vitest';
import { DomainError } from '../../errors/domain-error.ts';
import { guessBudgets, guessSettings } from './guess-budgets.ts';
import { createGuessLimiter, type Guess, type GuessKind, type GuessLimiter } from './guesses.ts';

const secret = 'a key that only the tests of this project ever use';
const stranger = { kind: 'password', address: '203.0.113.9', account: 'ada@example.com' } as const;
let addresses = 0;
/** An address that nobody used before. */
const fresh = () => {
  addresses += 1;
  return `198.18.${addresses >> 8}.${addresses & 255}`;
};

/** How many of so many attempts at once are let through. */
async function allowed(limiter: GuessLimiter, count: number, guess: () => Guess): Promise<number> {
  const results = await Promise.allSettled(Array.from({ length: count }, () => limiter.count(guess())));
  return results.filter(({ status }) => status === 'fulfilled').length;
}

async function refusal(limiter: GuessLimiter, guess: Guess): Promise<DomainError> {
  const error = await limiter.count(guess).catch((thrown: unknown) => thrown);
  if (!(error instanceof DomainError)) throw new Error('it was not refused');
  return error;
}

afterEach(() => void vi.useRealTimers());

describe('attempt budgets', () => {
  it.each([
    ['password', 'of an account from unknown networks', 20, () => ({ address: fresh(), account: 'ada@example.com' })],
    [
      'password',
      'of an account from known networks, as from unknown ones',
      20,
      () => ({ address: fresh(), account: 'ada', isKnownNetwork: true }),
    ],
    ['password', 'of a network', 30, () => ({ address: '2001:db8::1', account: fresh() })],
    ['password', 'of a network, without an account', 30, () => ({ address: '2001:db8::1', account: null })],
    ['code', 'of an account from unknown networks', 5, () => ({ address: fresh(), account: 'ada' })],
    ['code', 'of a known network', 5, () => ({ address: '192.0.2.1', account: 'ada', isKnownNetwork: true })],
    ['code', 'of a session', 5, () => ({ address: fresh(), account: 'ada', sessionId: 'one' })],
    ['register', 'of a network', 10, () => ({ address: '192.0.2.1', account: null })],
    ['mail', 'of an account', 3, () => ({ address: fresh(), account: 'ada@example.com' })],
    ['mail', 'of a network', 10, () => ({ address: '192.0.2.1', account: fresh() })],
    ['email-change', 'of an account', 3, () => ({ address: fresh(), account: 'ada@example.com' })],
    ['email-change', 'of a network', 10, () => ({ address: '192.0.2.1', account: fresh() })],
    ['notice', 'of an account', 1, () => ({ address: null, account: 'ada' })],
    ['account-notice', 'of an account', 10, () => ({ address: null, account: 'ada' })],
    ['token', 'of a network', 60, () => ({ address: '192.0.2.1', account: null })],
  ] satisfies [GuessKind, string, number, () => Omit<Guess, 'kind'>][])(
    'for %s, %s: allow %i of a hundred concurrent attempts',
    async (kind, _whose, expected, guess) => {
      expect(await allowed(createGuessLimiter({ secret }), 100, () => ({ kind, ...guess() }))).toBe(expected);
    },
  );

  it('are per /64 for networks, and shared by all callers without an address', async () => {
    const limiter = createGuessLimiter({ secret });
    const from = (address: string | null) => () => ({ kind: 'password', address, account: fresh() }) as const;
    let host = 0;
    const neighbours = () => from(`2001:db8:0:7::${(++host).toString(16)}`)();
    expect(await allowed(limiter, 50, neighbours)).toBe(30);
    expect(await allowed(limiter, 50, from('2001:db8:0:8::1'))).toBe(30);
    expect((await allowed(limiter, 25, from(null))) + (await allowed(limiter, 25, from('junk')))).toBe(30);
  });

  it('are per account, however its address is written', async () => {
    const limiter = createGuessLimiter({ secret });
    const at = (account: string) => () => ({ kind: 'password', address: fresh(), account }) as const;
    expect(
      (await allowed(limiter, 15, at('ada@example.com'))) + (await allowed(limiter, 15, at('ADA@example.com'))),
    ).toBe(20);
    expect(await allowed(limiter, 30, at('bob@example.com'))).toBe(20);
  });

  it("of strangers are also consumed by the owner's own networks, which they never refuse", async () => {
    const limiter = createGuessLimiter({ secret });
    const known = () => ({ ...stranger, address: fresh(), isKnownNetwork: true });
    const elsewhere = () => ({ ...stranger, address: fresh() });
    expect(await allowed(limiter, 5, known)).toBe(5);
    expect(await allowed(limiter, 50, elsewhere)).toBe(15);
    // What is right gives back what it took, and no more: not from the strangers, of whose budget nothing was left.
    for (let count = 0; count < 50; count += 1) await (await limiter.count(known())).giveBack();
    expect(await allowed(limiter, 50, elsewhere)).toBe(0);
    expect(await allowed(limiter, 50, known)).toBe(15);
  });

  it('of strangers are refunded when an attempt from a known network is correct or refused', async () => {
    const limiter = createGuessLimiter({ secret });
    const known = { ...stranger, isKnownNetwork: true };
    for (let count = 0; count < 50; count += 1) await (await limiter.count(known)).giveBack();
    // Twenty-five of the network's thirty are other accounts', so that it refuses all but five.
    await allowed(limiter, 25, () => ({ ...known, account: fresh() }));
    expect(await allowed(limiter, 50, () => known)).toBe(5);
    expect(await allowed(limiter, 50, () => ({ ...stranger, address: fresh() }))).toBe(15);
  });

  it('per day apply together with those per hour', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 });
    const limiter = createGuessLimiter({ secret });
    const perHour: number[] = [];
    for (let hour = 0; hour < 25; hour += 1) {
      vi.setSystemTime(hour * 3_600_000);
      perHour.push(await allowed(limiter, 50, () => ({ ...stranger, address: fresh() })));
    }
    expect(perHour).toEqual([20, 20, ...Array<number>(22).fill(0), 20]);
  });
});

describe('a refusal', () => {
  it('contains the time to retry, and nothing about the account', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 });
    const limiter = createGuessLimiter({ secret });
    await allowed(limiter, 20, () => ({ ...stranger, address: fresh() }));
    vi.setSystemTime(60_000);
    expect(await refusal(limiter, stranger)).toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      message: 'Too many attempts: retry in 59 minutes',
      retryAfterSeconds: 59 * 60,
    });
  });

  it('consumes nothing: neither from the exhausted budget nor from others', async () => {
    const limiter = createGuessLimiter({ secret });
    const attempts = await Promise.all(
      Array.from({ length: 20 }, () => limiter.count({ ...stranger, address: fresh() })),
    );
    // Refused for the account, from one network: it has all of its own budget afterwards.
    expect(await allowed(limiter, 1000, () => stranger)).toBe(0);
    expect(await allowed(limiter, 50, () => ({ ...stranger, account: fresh() }))).toBe(30);
    // Refused a thousand times, and one given back: one more may try.
    await attempts[0]?.giveBack();
    expect(await allowed(limiter, 50, () => ({ ...stranger, address: fresh() }))).toBe(1);
  });
});

describe('a correct attempt', () => {
  it('refunds everything it consumed, so that signing in locks nobody out', async () => {
    const limiter = createGuessLimiter({ secret });
    for (let count = 0; count < 400; count += 1) await (await limiter.count(stranger)).giveBack();
    expect(await allowed(limiter, 50, () => stranger)).toBe(20);
  });

  it('refunds nothing to the next window', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 0 });
    const limiter = createGuessLimiter({ secret });
    const attempt = await limiter.count({ ...stranger, kind: 'code' });
    vi.setSystemTime(2 * 24 * 3_600_000);
    await attempt.giveBack();
    expect(await allowed(limiter, 50, () => ({ ...stranger, kind: 'code' }))).toBe(5);
  });
});

it('each budget has its own key prefix, and no key contains an account', async () => {
  const budgets = Object.values(guessBudgets(guessSettings)).flat();
  expect(new Set(budgets.map(({ name }) => name)).size).toBe(budgets.length);
  const keys: string[] = [];
  const take = async (key: string) => {
    keys.push(key);
    return { granted: 1, left: 1, msUntilEnd: 1 };
  };
  const limiter = createGuessLimiter({ secret, openWindows: () => ({ take, giveBack: () => undefined }) });
  await limiter.count({ ...stranger, address: '::ffff:203.0.113.9' });
  expect(keys).toHaveLength(4);
  expect(keys.filter((key) => /^[\w-]{16}$/.test(key))).toHaveLength(2);
  expect(keys.filter((key) => key === '203.0.113.9')).toHaveLength(2);
});
