import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ask, forkModule, stopProcess } from './child-process.ts';
import { cpuSeconds } from './cpu-time.ts';
import { createBenchDatabase, embeddedDatabaseUrl } from './database.ts';
import { databaseServerUrl } from './env.ts';
import type { LimitSettings } from './limit-server.ts';
import type { LoadJob, LoadResult } from './load-process.ts';
import { type MachineFacts, machineFacts } from './machine.ts';
import type { Options } from './options.ts';
import { setScene } from './scene.ts';
import { type RunningServer, startServer } from './server-process.ts';
import { describeWorks, type Load, type Work, type WorkName } from './works.ts';

export const connections = 16;
/** What the product's pool holds unless told. */
const poolSize = 10;

/** `server`: the PostgreSQL of DATABASE_URL. `embedded`: the one that our server brings. */
export type DatabaseName = 'server' | 'embedded';

export interface Round {
  readonly database: DatabaseName;
  readonly work: WorkName;
  readonly server: 'ours' | 'limit';
  readonly round: number;
  readonly requests: number;
  readonly perSecond: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Microseconds of processor per request: the server process, and the load process. Null outside Linux. */
  readonly serverCpu: number | null;
  readonly loadCpu: number;
}

export interface BenchResult {
  readonly machine: MachineFacts;
  readonly titles: Readonly<Record<WorkName, string>>;
  readonly rounds: readonly Round[];
}

interface Target {
  readonly server: Round['server'];
  readonly url: string;
  readonly pid: number;
}

type Say = (line: string) => void;

/** Both servers on one database, with all that is measured on them. */
interface Arena {
  readonly database: DatabaseName;
  readonly ours: RunningServer;
  readonly targets: readonly [Target, Target];
  readonly works: Readonly<Record<WorkName, Work>>;
}

/** Measures every work on both servers, in turn, on each database. All that it makes is undone by `cleanUp`. */
export async function runBench(options: Options, cleanUp: AsyncDisposableStack, say: Say): Promise<BenchResult> {
  const database = cleanUp.use(await createBenchDatabase(databaseServerUrl()));
  const machine = await machineFacts(database.serverVersion);
  say(`${machine.cpu}, ${machine.cores} cores; Node.js ${machine.node}; PostgreSQL ${machine.postgres}`);
  const arenas = [
    await prepareArena('server', database.url, await startServer({ databaseUrl: database.url }, cleanUp), cleanUp),
  ];
  if (options.isEmbedded) {
    const dataDir = await mkdtemp(join(tmpdir(), 'alice-bench-data-'));
    cleanUp.defer(() => rm(dataDir, { recursive: true, force: true }));
    const ours = await startServer({ dataDir }, cleanUp);
    arenas.push(await prepareArena('embedded', embeddedDatabaseUrl(dataDir), ours, cleanUp));
  }
  const load = forked('./load-process.ts', cleanUp);
  const rounds: Round[] = [];
  for (const arena of arenas) await withLogOf(arena.ours, () => warmUp(arena, load, options, say));
  for (let round = 0; round < options.rounds; round += 1) {
    for (const arena of arenas)
      rounds.push(...(await withLogOf(arena.ours, () => measureRound(arena, load, round, options))));
    say(`round ${round + 1} of ${options.rounds}`);
  }
  const titles = Object.fromEntries(Object.entries(arenas[0]?.works ?? {}).map(([name, { title }]) => [name, title]));
  return { machine, titles: titles as Record<WorkName, string>, rounds };
}

async function prepareArena(
  database: DatabaseName,
  databaseUrl: string,
  ours: RunningServer,
  cleanUp: AsyncDisposableStack,
): Promise<Arena> {
  return withLogOf(ours, async () => {
    const scene = await setScene(ours, databaseUrl, connections);
    const limit = forked('./limit-server.ts', cleanUp);
    const { port } = await ask<{ port: number }>(limit, {
      databaseUrl,
      poolSize,
      jwtSecret: ours.jwtSecret,
      statements: scene.statements,
    } satisfies LimitSettings);
    return {
      database,
      ours,
      targets: [
        { server: 'ours', url: ours.url, pid: ours.pid },
        { server: 'limit', url: `http://127.0.0.1:${port}`, pid: limit.pid ?? 0 },
      ],
      works: describeWorks(scene),
    };
  });
}

async function warmUp(
  { database, targets, works }: Arena,
  load: ChildProcess,
  options: Options,
  say: Say,
): Promise<void> {
  for (const name of options.works) {
    await assertAgreement(works[name], targets);
    for (const target of targets) await measure(load, target, works[name], options.warmUpSeconds);
    say(`warmed up (${database}): ${works[name].title}`);
  }
}

async function measureRound(
  { database, ours, targets, works }: Arena,
  load: ChildProcess,
  round: number,
  options: Options,
): Promise<Round[]> {
  const rounds: Round[] = [];
  for (const name of options.works) {
    // Who goes first changes with the round, so a drift of the machine favours neither.
    for (const target of round % 2 === 0 ? targets : targets.toReversed()) {
      await ours.clearLog();
      const figures = await measure(load, target, works[name], options.roundSeconds);
      rounds.push({ database, work: name, server: target.server, round, ...figures });
      if (target.server === 'ours' && name !== 'ping' && (await ours.logSize()) === 0) {
        throw new Error('Our server logged nothing: its figures would flatter it');
      }
    }
  }
  return rounds;
}

/** Starts a child that ends with the run. */
export function forked(module: string, cleanUp: AsyncDisposableStack): ChildProcess {
  if (cleanUp.disposed) throw new Error('interrupted');
  const child = forkModule(module);
  cleanUp.defer(() => stopProcess(child));
  return child;
}

/** What the server said before something went wrong is lost with it otherwise. */
export async function withLogOf<T>(server: RunningServer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const tail = await server.logTail().catch(() => '');
    if (tail === '' || !(error instanceof Error)) throw error;
    throw new Error(`${error.message}\nThe server's log:\n${tail}`, { cause: error });
  }
}

async function measure(load: ChildProcess, { server, url, pid }: Target, work: Work, seconds: number) {
  const before = await cpuSeconds(pid);
  let result: LoadResult;
  try {
    result = await makeLoad(load, url, work[server], seconds);
  } catch (error) {
    throw new Error(`${work.title}, ${server}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const after = await cpuSeconds(pid);
  const { requests, p50, p99 } = result;
  const perRequest = (used: number) => (used / requests) * 1e6;
  return {
    requests,
    perSecond: requests / result.seconds,
    p50,
    p99,
    serverCpu: before === null || after === null ? null : perRequest(after - before),
    loadCpu: perRequest(result.cpuSeconds),
  };
}

export function makeLoad(loadProcess: ChildProcess, url: string, load: Load, seconds: number): Promise<LoadResult> {
  return ask<LoadResult>(loadProcess, { url, seconds, connections, load } satisfies LoadJob);
}

/** Two servers that answer different things are not compared. Throws unless both give the same rows in the same order. */
async function assertAgreement(work: Work, targets: readonly Target[]): Promise<void> {
  if (!work.sameIds) return;
  const answers = await Promise.all(
    targets.map(async ({ server, url }) => {
      const [request] = work[server].requests[0] ?? [];
      if (request === undefined) throw new Error(`${work.title} has no request`);
      const response = await fetch(url + request.path, { headers: request.headers });
      const body = await response.text();
      const ids = [...body.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id).join();
      if (!response.ok || ids === '')
        throw new Error(`${work.title}, ${server}: ${response.status} ${body.slice(0, 500)}`);
      return ids;
    }),
  );
  if (new Set(answers).size !== 1) throw new Error(`${work.title}: the two servers do not answer with the same rows`);
}
