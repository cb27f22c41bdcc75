import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { forked, withLogOf } from '../bench.ts';
import { ask } from '../child-process.ts';
import { cpuSeconds } from '../cpu-time.ts';
import { residentBytes } from '../memory.ts';
import type { RunningServer } from '../server-process.ts';
import type { Person } from './people.ts';
import { prepareSetup, type SetupName, setupTitles, startAll } from './setups.ts';
import type { Timings, WatchJob } from './watch-process.ts';

export const subscriberCount = 1000;
export const changesPerSecond = 50;
const warmUpSeconds = 5;
const idleSeconds = 5;
const settleMs = 2000;

/** Memory of a server in bytes: all that it holds (null outside Linux), its heap after a collection, its open streams. */
export interface Memory {
  readonly resident: number | null;
  readonly heap: number;
  readonly streams: number;
}

/** What a thousand subscribers got, and what they cost. Of two servers, the one (or both) that the subscribers are on. */
export interface LiveResult {
  readonly title: string;
  readonly seconds: number;
  readonly timings: Timings;
  /** Seconds of processor a second, of each server; null outside Linux. */
  readonly cpu: readonly (number | null)[];
  readonly idleCpu: readonly (number | null)[];
  readonly memory: {
    readonly before: Memory;
    readonly connected: Memory;
    readonly loaded: Memory;
    readonly left: Memory;
  };
}

interface Scenario {
  readonly title: string;
  readonly writtenTo: readonly RunningServer[];
  readonly watchedOn: readonly RunningServer[];
}

/** Measures how soon changes reach who watches, in one setup. */
export async function measureLive(
  name: SetupName,
  seconds: number,
  cleanUp: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<LiveResult[]> {
  const setup = await prepareSetup(name, subscriberCount, cleanUp);
  const servers = await startAll(setup, cleanUp);
  const watch = forked('./live/watch-process.ts', cleanUp);
  const results: LiveResult[] = [];
  for (const scenario of scenariosOf(name, servers)) {
    const [first] = scenario.watchedOn;
    if (first === undefined) continue;
    results.push(await withLogOf(first, () => runScenario(watch, scenario, servers, setup.people, seconds)));
    say(`measured: ${scenario.title}`);
  }
  return results;
}

function scenariosOf(name: SetupName, servers: readonly RunningServer[]): Scenario[] {
  const title = setupTitles[name];
  const [one, other] = servers;
  if (one === undefined || other === undefined) return [{ title, writtenTo: servers, watchedOn: servers }];
  return [
    { title: `${title}: written on one, watched on the other`, writtenTo: [one], watchedOn: [other] },
    { title: `${title}: written and watched on both`, writtenTo: servers, watchedOn: servers },
  ];
}

async function runScenario(
  watch: ChildProcess,
  { title, writtenTo, watchedOn }: Scenario,
  servers: readonly RunningServer[],
  people: readonly Person[],
  seconds: number,
): Promise<LiveResult> {
  const run = <Answer>(job: WatchJob) => ask<Answer>(watch, job);
  const connect = () => run({ do: 'connect', urls: watchedOn.map(({ url }) => url), people });
  const write = (duration: number) =>
    run<Timings>({
      do: 'write',
      urls: writtenTo.map(({ url }) => url),
      perSecond: changesPerSecond,
      seconds: duration,
    });

  await connect();
  await write(warmUpSeconds);
  await run({ do: 'leave' });
  await sleep(settleMs);

  const before = await memoryOf(watchedOn);
  await connect();
  await sleep(settleMs);
  const connected = await memoryOf(watchedOn);
  const idleCpu = await cpuDuring(servers, () => sleep(idleSeconds * 1000));
  let timings: Timings | undefined;
  const cpu = await cpuDuring(servers, async () => {
    timings = await write(seconds);
  });
  const loaded = await memoryOf(watchedOn);
  await run({ do: 'leave' });
  await sleep(settleMs);
  const left = await memoryOf(watchedOn);
  if (timings === undefined) throw new Error('nothing was measured');
  return { title, seconds, timings, cpu, idleCpu, memory: { before, connected, loaded, left } };
}

/** Seconds of processor a second that each server takes meanwhile. */
async function cpuDuring(servers: readonly RunningServer[], work: () => Promise<unknown>): Promise<(number | null)[]> {
  const read = () => Promise.all(servers.map(({ pid }) => cpuSeconds(pid)));
  const startedAt = performance.now();
  const before = await read();
  await work();
  const after = await read();
  const seconds = (performance.now() - startedAt) / 1000;
  return after.map((used, index) => {
    const at = before[index] ?? null;
    return used === null || at === null ? null : (used - at) / seconds;
  });
}

async function memoryOf(servers: readonly RunningServer[]): Promise<Memory> {
  let resident: number | null = 0;
  let heap = 0;
  let streams = 0;
  for (const server of servers) {
    const figures = await server.heap();
    heap += figures.bytes;
    streams += figures.streams;
    const bytes = await residentBytes(server.pid);
    resident = bytes === null || resident === null ? null : resident + bytes;
  }
  return { resident, heap, streams };
}
