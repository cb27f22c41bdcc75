import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { call, type Person, register } from './harness/call.ts';
import type { EventStream } from './harness/event-stream.ts';
import { attempt, maxStreams, openStream, sharedServer, until } from './harness/live.ts';
import { residentBytes } from './harness/memory.ts';

const timeout = 180_000;
const mebibyte = 2 ** 20;
const slowReaders = 15;
const changes = 480;
/** As many as a person may have running: none of them waits for its turn, however slow the machine. */
const atOnce = 8;
// With a small heap garbage does not pass for memory that is held.
const shared = sharedServer({ NODE_OPTIONS: '--max-old-space-size=96' });

test('clients that stop reading use no memory and receive everything when they continue', { timeout }, async () => {
  const server = shared();
  const ada = await register(server.url);
  const notes = 'всё'.repeat(6666);
  const write = async (count: number) => {
    for (let done = 0; done < count; done += atOnce) {
      await Promise.all(
        Array.from({ length: atOnce }, () => call(server.url, 'tasks.create', { title: 't', notes }, ada.token)),
      );
    }
  };
  await write(96);
  using stack = new DisposableStack();
  const streams = await Promise.all(
    Array.from({ length: slowReaders }, async () => stack.use(await openStream(server, ada))),
  );
  for (const stream of streams) stream.pause();
  // The first half fills what a connection, the allocator and the garbage collector may hold; the second would be queued.
  await write(changes / 2);
  const before = await residentBytes(server.pid);
  await write(changes / 2);
  const after = await residentBytes(server.pid);

  for (const stream of streams) stream.resume();
  await until(() => streams.every(({ numbers }) => numbers.length >= changes), 120_000, 'the rest came');
  for (const { events, numbers } of streams) {
    const from = events[0]?.id ?? 0;
    expect(numbers).toEqual(Array.from({ length: changes }, (_, index) => from + 1 + index));
  }
  if (before === null || after === null) return;
  const queued = (changes / 2) * Buffer.byteLength(notes) * slowReaders;
  console.log(
    `${slowReaders} readers that stopped left ${Math.round(queued / mebibyte)} MB unread: ` +
      `${Math.round((after - before) / mebibyte)} MB more memory`,
  );
  expect(after - before).toBeLessThan(queued / 2);
});

test('1,000 clients that disconnect in mid-stream leak nothing', { timeout }, async () => {
  const server = shared();
  const persons: Person[] = [];
  while (persons.length < 50) {
    persons.push(...(await Promise.all(Array.from({ length: 10 }, () => register(server.url)))));
  }
  const files = async () => (process.platform === 'linux' ? (await readdir(`/proc/${server.pid}/fd`)).length : 0);
  // The connections to the database and those that `fetch` keeps are there from now on.
  await Promise.all(persons.map(({ token }) => call(server.url, 'tasks.create', { title: 'before' }, token)));
  const before = await files();
  const streams: EventStream[] = [];
  for (const person of persons) {
    streams.push(...(await Promise.all(Array.from({ length: maxStreams }, () => openStream(server, person)))));
  }
  expect(await Promise.all(persons.map(async (person) => (await attempt(server, person)).status))).toEqual(
    persons.map(() => 429),
  );
  const writing = persons.map(({ token }) => call(server.url, 'tasks.create', { title: 'meanwhile' }, token));
  for (const stream of streams) stream[Symbol.dispose]();
  await Promise.all(writing);

  await until(async () => (await files()) <= before + 20, 20_000, 'the connections are gone');
  // Nobody is counted any more: all of a person's places are free.
  for (const person of persons.slice(0, 10)) {
    const again = await Promise.all(Array.from({ length: maxStreams }, () => openStream(server, person)));
    for (const stream of again) stream[Symbol.dispose]();
  }
  expect(server.logs.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
});
