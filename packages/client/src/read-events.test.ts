import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { readEvents } from './read-events.ts';

const options = { signal: undefined, idleMs: 1_000 };

async function collect(body: ReadableStream<Uint8Array>) {
  const events = [];
  for await (const event of readEvents(body, options)) events.push(event);
  return events;
}

function bodyOf(chunks: Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

/** Cuts bytes where it is told, wherever that is. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

const line = fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll(/[\r\n\0\uFEFF]/g, ''));
const item = fc.record({
  id: fc.nat().map(String),
  data: fc.record({ title: line, number: fc.nat() }).map((value) => JSON.stringify(value)),
});

test('the events are the same for any division of the bytes into chunks', async () => {
  const newline = fc.constantFrom('\n', '\r\n', '\r');
  await fc.assert(
    fc.asyncProperty(
      fc.array(item, { maxLength: 8 }),
      newline,
      fc.array(fc.nat(), { maxLength: 20 }),
      async (items, nl, places) => {
        const text = items
          .map(({ id, data }) => `id: ${id}${nl}data: ${data}${nl}${nl}event: ping${nl}data: ${nl}${nl}: comment${nl}`)
          .join('');
        const events = await collect(bodyOf(cut(new TextEncoder().encode(text), places)));
        const messages = events.filter(({ event }) => event === undefined);
        expect(messages.map(({ id, data }) => ({ id, data }))).toEqual(items);
        expect(events.filter(({ event }) => event === 'ping')).toHaveLength(items.length);
      },
    ),
    { numRuns: 200 },
  );
});

test('an incomplete event at the end of the body is ignored', async () => {
  expect(await collect(bodyOf([new TextEncoder().encode('data: 1\n\ndata: 2\n')]))).toMatchObject([{ data: '1' }]);
});

test('a body without data for too long is cancelled', async () => {
  const cancel = vi.fn();
  const silent = new ReadableStream<Uint8Array>({ cancel });
  const events = readEvents(silent, { signal: undefined, idleMs: 30 });
  await expect(events.next()).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(cancel).toHaveBeenCalledOnce();
});

test('any byte counts as activity', async () => {
  let ticks = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, 30));
      ticks += 1;
      if (ticks < 10) controller.enqueue(new TextEncoder().encode(':\n'));
      else controller.close();
    },
  });
  const events = readEvents(body, { signal: undefined, idleMs: 200 });
  expect(await events.next()).toEqual({ done: true, value: undefined });
});

test('an interrupted body is reported as a network error', async () => {
  const broken = new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.error(new TypeError('terminated'));
    },
  });
  await expect(readEvents(broken, options).next()).rejects.toMatchObject({ code: 'NETWORK' });
});

test('the body is cancelled at once when the reader stops', async () => {
  const cancel = vi.fn();
  const controller = new AbortController();
  const events = readEvents(new ReadableStream<Uint8Array>({ cancel }), { signal: controller.signal, idleMs: 1_000 });
  const next = events.next();
  controller.abort();
  await expect(next).rejects.toMatchObject({ code: 'CANCELLED' });
  expect(cancel).toHaveBeenCalledOnce();
});
