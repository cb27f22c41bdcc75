import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { call, type Person } from './call.ts';
import { type ChildServer, type ServerOptions, startServer } from './child-server.ts';
import { EventStream, type StreamOptions } from './event-stream.ts';
import { createTestStore } from './test-store.ts';

/** How many streams a person may have at once. */
export const maxStreams = 20;

/** One server for the tests of a file; it stops after them. */
export function sharedServer(env: ServerOptions['env'] = {}): () => ChildServer {
  const stack = new AsyncDisposableStack();
  let server: ChildServer | undefined;
  beforeAll(async () => {
    const store = stack.use(await createTestStore());
    server = stack.use(await startServer({ ...store, env }));
  });
  afterAll(() => stack.disposeAsync());
  return () => {
    if (server === undefined) throw new Error('the server does not run yet');
    return server;
  };
}

export async function openStream(
  { url }: ChildServer,
  { token }: Person,
  options: StreamOptions = {},
): Promise<EventStream> {
  const stream = new EventStream(url, token, options);
  expect(await stream.opened).toMatchObject({ status: 200 });
  return stream;
}

/** How an attempt is answered; a stream that opens is closed at once. */
export async function attempt({ url }: ChildServer, { token }: Person, lastEventId?: number) {
  using stream = new EventStream(url, token, { lastEventId });
  const { status, headers, refusal } = await stream.opened;
  return { status, headers, body: refusal === '' ? null : (JSON.parse(refusal) as unknown) };
}

/** The number of a person's latest change. */
export async function latestNumber({ url }: ChildServer, { token }: Person): Promise<number> {
  let page = await call(url, 'sync.pull', {}, token);
  while (page.hasMore) page = await call(url, 'sync.pull', { cursor: page.nextCursor }, token);
  return page.number ?? 0;
}

/** Waits until it is so. Throws after `limitMs`. */
export async function until(isSo: () => boolean | Promise<boolean>, limitMs: number, what: string): Promise<void> {
  for (const deadline = performance.now() + limitMs; !(await isSo()); await sleep(20)) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${limitMs} ms`);
  }
}
