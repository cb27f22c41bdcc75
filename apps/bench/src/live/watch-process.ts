import { Agent, type ClientRequest, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 as newId } from 'uuid';
import { serveParent } from '../child-process.ts';
import type { Person } from './people.ts';
import { subscribe } from './subscription.ts';

/** What the bench asks this process for. It watches and writes, so that one clock times both. */
export type WatchJob =
  /** Opens a stream for each person, spread over the servers. */
  | { readonly do: 'connect'; readonly urls: readonly string[]; readonly people: readonly Person[] }
  /** Changes so many a second, each by one of the connected people at random, spread over the servers. */
  | { readonly do: 'write'; readonly urls: readonly string[]; readonly perSecond: number; readonly seconds: number }
  | { readonly do: 'leave' };

export interface Timings {
  /** Milliseconds for each change: from asking for it, which is before its commit, to its arrival at the subscriber. */
  readonly fromAsking: number[];
  /** From the reply at the writer, which is after the commit: less than nothing when the change arrives first. */
  readonly fromReply: number[];
  /** Changes that were acknowledged and did not arrive within 10 s. */
  readonly lost: number;
  readonly doubled: number;
  /** Seconds of processor that this process took. */
  readonly cpuSeconds: number;
}

interface Change {
  readonly askedAt: number;
  repliedAt: number;
  readonly arrivedAt: number[];
}

const connectingAtOnce = 50;
const patienceMs = 10_000;
const agent = new Agent({ keepAlive: true, maxSockets: 32 });

let watchers: readonly Person[] = [];
let streams: ClientRequest[] = [];
let isLeaving = false;
/** By the task's id. */
const changes = new Map<string, Change>();
let fault: Error | undefined;

serveParent(async (job: WatchJob): Promise<Timings | null> => {
  if (job.do === 'connect') await connect(job.urls, job.people);
  else if (job.do === 'write') return write(job.urls, job.perSecond, job.seconds);
  else await leave();
  return null;
});

async function connect(urls: readonly string[], people: readonly Person[]): Promise<void> {
  watchers = people;
  isLeaving = false;
  let next = 0;
  await Promise.all(
    Array.from({ length: connectingAtOnce }, async () => {
      while (next < people.length) {
        const index = next++;
        const person = people[index];
        if (person !== undefined) await open(urls[index % urls.length] ?? '', person);
      }
    }),
  );
}

function open(url: string, { token }: Person): Promise<void> {
  return new Promise((resolve, reject) => {
    const stream = subscribe(url, token, null, {
      onEvent({ name, data }, at) {
        if (name === 'ready') resolve();
        else changes.get((JSON.parse(data) as { id: string }).id)?.arrivedAt.push(at);
      },
      onEnd(status) {
        const error = new Error(`a stream ended (${status})`);
        if (!isLeaving) fault ??= error;
        reject(error);
      },
    });
    streams.push(stream);
  });
}

async function write(urls: readonly string[], perSecond: number, seconds: number): Promise<Timings> {
  changes.clear();
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  const replies: Promise<void>[] = [];
  for (let count = 0; count < perSecond * seconds; count += 1) {
    // By the clock and not after the last reply: a slow server does not get fewer changes.
    const dueIn = startedAt + (count * 1000) / perSecond - performance.now();
    if (dueIn > 0) await sleep(dueIn);
    const person = watchers[Math.floor(Math.random() * watchers.length)];
    if (person !== undefined) replies.push(createTask(urls[count % urls.length] ?? '', person, count));
  }
  await Promise.all(replies);
  const all = [...changes.values()];
  for (const deadline = performance.now() + patienceMs; performance.now() < deadline; await sleep(20)) {
    if (all.every(({ arrivedAt }) => arrivedAt.length > 0)) break;
  }
  // One more would come at the next look of the server, a second later.
  await sleep(1500);
  if (fault !== undefined) throw fault;
  const cpu = process.cpuUsage(cpuBefore);
  const arrived = all.flatMap((change) => change.arrivedAt.slice(0, 1).map((at) => ({ ...change, at })));
  return {
    fromAsking: arrived.map(({ at, askedAt }) => at - askedAt),
    fromReply: arrived.map(({ at, repliedAt }) => at - repliedAt),
    lost: all.length - arrived.length,
    doubled: all.filter(({ arrivedAt }) => arrivedAt.length > 1).length,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
}

function createTask(url: string, { token }: Person, count: number): Promise<void> {
  const id = newId();
  const body = JSON.stringify({ id, title: `Change ${count}`, notes: 'Seen on every device at once' });
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const change: Change = { askedAt: performance.now(), repliedAt: Number.NaN, arrivedAt: [] };
  changes.set(id, change);
  return new Promise((resolve, reject) => {
    const posted = request(`${url}/api/v1/tasks`, { method: 'POST', agent, headers }, (response) => {
      response.once('data', () => {
        change.repliedAt = performance.now();
      });
      response.resume();
      response.on('end', () => {
        if (response.statusCode === 201) resolve();
        else reject(new Error(`a change was answered with ${response.statusCode}`));
      });
    });
    posted.on('error', reject);
    posted.end(body);
  });
}

async function leave(): Promise<void> {
  isLeaving = true;
  for (const stream of streams) stream.destroy();
  streams = [];
}
