import { setTimeout as sleep } from 'node:timers/promises';
import type { RunningServer, ServerOptions } from '../server-process.ts';
import { freePort, startServer } from '../server-process.ts';
import { type Findings, findFaults } from './find-faults.ts';
import { LocalCopy } from './local-copy.ts';
import { prepareSetup, type Setup, type SetupName, setupTitles } from './setups.ts';
import { Writer } from './writer.ts';

const peopleCount = 50;
const copiesEach = 4;
const changesPerSecond = 50;
/** Milliseconds; half to three halves of it pass between two faults of a kind. */
const faultEvery = { server: 5000, connection: 100, redis: 2000 };
const share = { ofServersKilled: 0.7, ofRedisPauses: 0.3 };
const redisPauseMs = 1000;
const catchUpMs = 30_000;
const shownFaults = 20;

interface Tally {
  killed: number;
  stopped: number;
  cut: number;
  redisCut: number;
  redisPaused: number;
  readonly faults: string[];
}

/**
 * Clients with copies follow while others write, and servers, connections and Redis are broken at random. Says what was
 * done and found; true when nothing acknowledged was lost and every copy got every change once, in order.
 */
export async function causeChaos(
  name: SetupName,
  seconds: number,
  cleanUp: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<boolean> {
  const setup = await prepareSetup(name, peopleCount, cleanUp);
  const servers: ServerOptions[] = [];
  for (const options of setup.servers) servers.push({ ...options, port: await freePort() });
  const running: RunningServer[] = [];
  for (const options of servers) running.push(await startServer(options, cleanUp));
  const urls = running.map(({ url }) => url);

  const copies = setup.people.flatMap((person) =>
    Array.from({ length: copiesEach }, () => new LocalCopy(person, urls)),
  );
  const following = Promise.all(copies.map((copy) => copy.follow()));
  const writer = new Writer(setup.people, urls);
  const tally: Tally = { killed: 0, stopped: 0, cut: 0, redisCut: 0, redisPaused: 0, faults: [] };
  const writing = new AbortController();
  const breaking = [
    repeatedly(faultEvery.connection, writing.signal, async () => {
      copies[Math.floor(Math.random() * copies.length)]?.cut();
      tally.cut += 1;
    }),
    repeatedly(faultEvery.server, writing.signal, () => breakServer(servers, running, tally, cleanUp)),
    ...(setup.redis === null ? [] : [repeatedly(faultEvery.redis, writing.signal, () => breakRedis(setup, tally))]),
  ];
  await writer.write(changesPerSecond, seconds);
  writing.abort();
  await Promise.all(breaking);

  const caughtUpMs = await untilCaughtUp(copies);
  for (const copy of copies) copy.stop();
  await following;
  for (const server of running) await server.stop();
  const findings = await findFaults(setup.database, copies, writer.acknowledged);
  return report({ name, seconds, copies, writer, tally, caughtUpMs, findings }, say);
}

async function repeatedly(everyMs: number, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (;;) {
    await sleep(everyMs * (0.5 + Math.random()), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    await work();
  }
}

async function breakServer(
  servers: readonly ServerOptions[],
  running: RunningServer[],
  tally: Tally,
  cleanUp: AsyncDisposableStack,
): Promise<void> {
  const index = Math.floor(Math.random() * servers.length);
  const options = servers[index];
  if (options === undefined) return;
  if (Math.random() < share.ofServersKilled) {
    await running[index]?.kill('SIGKILL');
    tally.killed += 1;
  } else {
    const code = await running[index]?.kill('SIGTERM');
    tally.stopped += 1;
    if (code !== 0) tally.faults.push(`a server that was asked to stop ended with ${code}`);
  }
  running[index] = await startServer(options, cleanUp);
}

async function breakRedis({ redis }: Setup, tally: Tally): Promise<void> {
  if (Math.random() < share.ofRedisPauses) {
    await redis?.command(`CLIENT PAUSE ${redisPauseMs} ALL`);
    tally.redisPaused += 1;
    await sleep(redisPauseMs);
  } else {
    await redis?.command('CLIENT KILL TYPE pubsub');
    tally.redisCut += 1;
  }
}

/** Waits until every copy of a person has seen the same, for a second; milliseconds until then. */
async function untilCaughtUp(copies: readonly LocalCopy[]): Promise<number> {
  const startedAt = performance.now();
  let changedAt = startedAt;
  let before = '';
  while (performance.now() - startedAt < catchUpMs) {
    const now = copies.map(({ lastSeen }) => lastSeen).join();
    if (now !== before) changedAt = performance.now();
    else if (performance.now() - changedAt > quietMs) break;
    before = now;
    await sleep(20);
  }
  return changedAt - startedAt;
}

/** Longer than a client waits before it comes back, and than a change whose announcement was lost takes to show. */
const quietMs = 4000;

interface Outcome {
  readonly name: SetupName;
  readonly seconds: number;
  readonly copies: readonly LocalCopy[];
  readonly writer: Writer;
  readonly tally: Tally;
  readonly caughtUpMs: number;
  readonly findings: Findings;
}

function report(outcome: Outcome, say: (line: string) => void): boolean {
  const { name, seconds, copies, writer, tally, caughtUpMs, findings } = outcome;
  const sum = (of: (copy: LocalCopy) => number) => copies.reduce((total, copy) => total + of(copy), 0);
  const count = (value: number) => value.toLocaleString('en');
  const faults = [...tally.faults, ...writer.faults, ...findings.faults];
  say('');
  say(`${setupTitles[name]}: ${seconds} s, ${peopleCount} people with ${copiesEach} copies each`);
  say(
    `  broken: ${tally.killed} servers killed, ${tally.stopped} stopped, ${count(tally.cut)} connections cut` +
      `${name === 'redis' ? `, Redis cut ${tally.redisCut} times and paused ${tally.redisPaused} times` : ''}`,
  );
  say(
    `  written: ${count(writer.acknowledged.length)} acknowledged, ${count(writer.unanswered)} unanswered, ${count(writer.refused)} refused`,
  );
  say(
    `  followed: ${count(sum(({ connects }) => connects))} streams, ${count(sum(({ refusals }) => refusals))} refused; ` +
      `${count(sum(({ received }) => received.length))} changes came, ${count(findings.expected)} were to come; ` +
      `caught up ${Math.round(caughtUpMs)} ms after the last write`,
  );
  say(`  compared: ${count(findings.rows)} rows of copies with the database's`);
  say(faults.length === 0 ? '  nothing lost, nothing doubled, every copy equal' : `  ${faults.length} FAULTS`);
  for (const fault of faults.slice(0, shownFaults)) say(`    ${fault}`);
  return faults.length === 0;
}
