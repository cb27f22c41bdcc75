import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { forked } from '../bench.ts';
import { ask } from '../child-process.ts';
import type { LiveOptions } from '../options.ts';
import { describeProfile, monotonicMicroseconds, readProfile } from '../profile.ts';
import { causeChaos } from './chaos.ts';
import { changesPerSecond, type LiveResult, measureLive, subscriberCount } from './measure-live.ts';
import { meetsTargets, printLive } from './report-live.ts';
import { prepareSetup, setupTitles, startAll } from './setups.ts';
import type { WatchJob } from './watch-process.ts';

type Say = (line: string) => void;

/** Measures the live feed, or breaks things around it, in one setup after the other. Gives the exit code. */
export async function runLive(
  { on, seconds, isChaos }: LiveOptions,
  check: boolean,
  cleanUp: AsyncDisposableStack,
  say: Say,
): Promise<number> {
  const results: LiveResult[] = [];
  let isSound = true;
  for (const name of on) {
    const own = cleanUp.use(new AsyncDisposableStack());
    say(`${setupTitles[name]} …`);
    if (isChaos) isSound = (await causeChaos(name, seconds, own, say)) && isSound;
    else results.push(...(await measureLive(name, seconds, own, say)));
    await own.disposeAsync();
  }
  if (isChaos) return isSound ? 0 : 1;
  printLive(results, say);
  return !check || meetsTargets(results) ? 0 : 1;
}

const profiledSeconds = 15;

/** Runs one server on PostgreSQL with all subscribers under `--cpu-prof` and says where its time goes for each change. */
export async function profileLive(cleanUp: AsyncDisposableStack, say: Say): Promise<void> {
  const profileDir = await mkdtemp(join(tmpdir(), 'alice-profile-'));
  cleanUp.defer(() => rm(profileDir, { recursive: true, force: true }));
  const setup = await prepareSetup('postgres', subscriberCount, cleanUp);
  const servers = await startAll(setup, cleanUp, { profileDir });
  const urls = servers.map(({ url }) => url);
  const watch = forked('./live/watch-process.ts', cleanUp);
  await ask(watch, { do: 'connect', urls, people: setup.people } satisfies WatchJob);
  const write = (seconds: number) =>
    ask(watch, { do: 'write', urls, perSecond: changesPerSecond, seconds } satisfies WatchJob);
  await write(5);
  const from = monotonicMicroseconds();
  await write(profiledSeconds);
  const to = monotonicMicroseconds();
  await ask(watch, { do: 'leave' } satisfies WatchJob);
  for (const server of servers) await server.stop();
  say(`the live feed: ${changesPerSecond} changes a second for ${profiledSeconds} s, profiled; a request is a change`);
  await describeProfile(await readProfile(profileDir), { from, to, requests: changesPerSecond * profiledSeconds }, say);
}
