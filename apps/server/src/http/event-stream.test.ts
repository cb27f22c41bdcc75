import { Hono } from 'hono';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientAddress } from './client-address.ts';
import { type EventFormat, type NumberedStream, streamResponse } from './event-stream.ts';
import { type AppEnv, requestScope } from './request-scope.ts';
import { cors } from './response-headers.ts';
import { sessionCookies } from './session-cookies.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const format: EventFormat = {
  open: (from) => `open ${from};`,
  item: (id, data) => `${id}=${String(data)};`,
  heartbeat: 'beat;',
  failure: (error) => (error instanceof Error && error.message === 'tell' ? 'told;' : null),
};

/** A stream that gives what it is handed, as its reader sees it. */
async function open(
  items: AsyncIterable<readonly [string, unknown]>,
  over: Promise<void> = new Promise(() => undefined),
) {
  const log = pino({ level: 'silent' });
  const cookies = sessionCookies('http://localhost:8000', []);
  const parts = { clientAddress: clientAddress([]), cors: cors([]), cookies };
  const options = { log, accessLog: log, ...parts, isDraining: () => false };
  const leaving = new AbortController();
  const stream: NumberedStream = { from: 7, over, [Symbol.asyncIterator]: () => items[Symbol.asyncIterator]() };
  const app = new Hono<AppEnv>();
  app.get(
    '/',
    requestScope(options)((c) => streamResponse(c.get('scope'), stream, format, leaving)),
  );
  const response = await app.request('/');
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) throw new Error('the response has no body');
  return { response, reader, leaving };
}

const never = new Promise<never>(() => undefined);

describe('an event stream', () => {
  it('sends its start, then each item, and heartbeats while there is no item', async () => {
    const { response, reader } = await open(
      (async function* () {
        yield ['8', 'a'] as const;
        await never;
      })(),
    );
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect((await reader.read()).value).toBe('open 7;');
    expect((await reader.read()).value).toBe('8=a;');
    for (let beat = 0; beat < 2; beat += 1) {
      const next = reader.read();
      await vi.advanceTimersByTimeAsync(15_000);
      expect((await next).value).toBe('beat;');
    }
  });

  it('adds no further listener to the pending item with each heartbeat', async () => {
    const waitedFor = new Promise<never>(() => undefined);
    const asked = vi.spyOn(waitedFor, 'then');
    const { reader } = await open({ [Symbol.asyncIterator]: () => ({ next: () => waitedFor }) });
    await reader.read();
    for (let beat = 0; beat < 50; beat += 1) {
      const next = reader.read();
      await vi.advanceTimersByTimeAsync(15_000);
      expect((await next).value).toBe('beat;');
    }
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('sends an item that arrives between two heartbeats or while the client is not reading', async () => {
    const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const { reader } = await open(
      (async function* () {
        yield ['8', await first.promise] as const;
        yield ['9', await second.promise] as const;
        await never;
      })(),
    );
    await reader.read();
    await vi.advanceTimersByTimeAsync(20_000);
    first.resolve('a');
    expect((await reader.read()).value).toBe('beat;');
    expect((await reader.read()).value).toBe('8=a;');
    await vi.advanceTimersByTimeAsync(15_000);
    second.resolve('b');
    expect((await reader.read()).value).toBe('beat;');
    expect((await reader.read()).value).toBe('9=b;');
  });

  it.each([
    ['tell', ['open 7;', 'told;']],
    ['hide', ['open 7;']],
  ])('ends with the reason if the client may know it (%s)', async (message, said) => {
    const { reader } = await open(
      // biome-ignore lint/correctness/useYield: it fails before it gives anything.
      (async function* (): AsyncGenerator<readonly [string, unknown]> {
        throw new Error(message);
      })(),
    );
    const found: string[] = [];
    for (let next = await reader.read(); next.value !== undefined; next = await reader.read()) found.push(next.value);
    expect(found).toEqual(said);
  });

  it('stops the source when the client disconnects', async () => {
    const { reader, leaving } = await open(
      (async function* () {
        yield ['8', 'a'] as const;
        await never;
      })(),
    );
    await reader.read();
    await reader.cancel();
    await vi.waitFor(() => expect(leaving.signal.aborted).toBe(true));
  });

  it('cuts off a client that does not finish reading', async () => {
    const { reader } = await open(
      (async function* () {
        yield ['8', 'a'] as const;
        yield ['9', 'b'] as const;
        await never;
      })(),
      Promise.resolve(),
    );
    await vi.advanceTimersByTimeAsync(5000);
    const rest = async () => {
      for (;;) if ((await reader.read()).done) return;
    };
    await expect(rest()).rejects.toThrow('the client stopped reading');
  });
});
