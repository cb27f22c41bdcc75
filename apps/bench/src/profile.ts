import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connections, forked, makeLoad, withLogOf } from './bench.ts';
import { createBenchDatabase } from './database.ts';
import { databaseServerUrl } from './env.ts';
import { setScene } from './scene.ts';
import { startServer } from './server-process.ts';
import { describeWorks, type WorkName } from './works.ts';

/** The parts of V8's `.cpuprofile` that are read here. Times are microseconds of the monotonic clock. */
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  readonly startTime: number;
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: CallFrame;
  readonly children?: readonly number[];
}

/** Where a function stands; line and column count from 0. */
interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
  readonly columnNumber: number;
}

const warmUpSeconds = 4;
const seconds = 8;
const topFunctions = 25;
const topPackages = 25;

/** Runs our server alone under load with `--cpu-prof` and says which functions and packages its time goes to. */
export async function runProfile(
  name: WorkName,
  cleanUp: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<void> {
  const database = cleanUp.use(await createBenchDatabase(databaseServerUrl()));
  const profileDir = await mkdtemp(join(tmpdir(), 'alice-profile-'));
  cleanUp.defer(() => rm(profileDir, { recursive: true, force: true }));
  const server = await startServer({ databaseUrl: database.url, profileDir }, cleanUp);
  await withLogOf(server, async () => {
    const work = describeWorks(await setScene(server, database.url, connections))[name];
    const load = forked('./load-process.ts', cleanUp);
    await makeLoad(load, server.url, work.ours, warmUpSeconds);
    const from = monotonicMicroseconds();
    const { requests } = await makeLoad(load, server.url, work.ours, seconds);
    const to = monotonicMicroseconds();
    await server.stop();
    say(`${work.title}: ${requests} requests in ${seconds} s, profiled`);
    await describeProfile(await readProfile(profileDir), { from, to, requests }, say);
  });
}

/** The profile that a server left when it stopped. */
export async function readProfile(profileDir: string): Promise<CpuProfile> {
  const [file] = await readdir(profileDir);
  if (file === undefined) throw new Error('the server left no profile');
  return JSON.parse(await readFile(join(profileDir, file), 'utf8')) as CpuProfile;
}

/** The clock of V8's profiles, where `process.hrtime` reads the same: on Linux and macOS. */
export function monotonicMicroseconds(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

interface Window {
  readonly from: number;
  readonly to: number;
  readonly requests: number;
}

export async function describeProfile(profile: CpuProfile, window: Window, say: (line: string) => void): Promise<void> {
  const selfTime = selfTimes(profile, window);
  const place = createPlacer();
  const callers = callersOf(profile);
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  let idle = 0;
  let busy = 0;
  for (const node of profile.nodes) {
    const time = selfTime.get(node.id) ?? 0;
    if (time === 0) continue;
    if (node.callFrame.functionName === '(idle)') {
      idle += time;
      continue;
    }
    busy += time;
    const { owner, label } = await place(node.callFrame, scriptCaller(node, callers));
    functions.set(label, (functions.get(label) ?? 0) + time);
    packages.set(owner, (packages.get(owner) ?? 0) + time);
  }
  const table = (title: string, entries: ReadonlyMap<string, number>, count: number) => {
    say('');
    say(`${'share'.padStart(6)}  ${'µs/request'.padStart(10)}  ${title}`);
    for (const [label, time] of [...entries].toSorted(([, a], [, b]) => b - a).slice(0, count)) {
      say(
        `${((100 * time) / busy).toFixed(1).padStart(5)}%  ${(time / window.requests).toFixed(1).padStart(10)}  ${label}`,
      );
    }
  };
  say(
    `busy ${(busy / 1e6).toFixed(1)} s, idle ${(idle / 1e6).toFixed(1)} s, ${(busy / window.requests).toFixed(0)} µs of the main thread per request`,
  );
  table('functions by self time', functions, topFunctions);
  table('packages by self time', packages, topPackages);
}

function callersOf({ nodes }: CpuProfile): ReadonlyMap<number, ProfileNode> {
  return new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node])));
}

/** The nearest function above a node that is JavaScript: what native code costs is the doing of who called it. */
function scriptCaller(node: ProfileNode, callers: ReadonlyMap<number, ProfileNode>): CallFrame | null {
  let caller = callers.get(node.id);
  while (caller !== undefined && caller.callFrame.url === '') caller = callers.get(caller.id);
  return caller?.callFrame ?? null;
}

/** Microseconds by node: a sample stands for the time until the next one. */
function selfTimes({ samples, timeDeltas, startTime }: CpuProfile, { from, to }: Window): ReadonlyMap<number, number> {
  const times = new Map<number, number>();
  let at = startTime;
  for (const [index, node] of samples.entries()) {
    at += timeDeltas[index] ?? 0;
    const lasts = timeDeltas[index + 1] ?? 0;
    if (at >= from && at <= to) times.set(node, (times.get(node) ?? 0) + lasts);
  }
  if (times.size === 0)
    throw new Error('the profile holds nothing of the time under load: its clock is another on this platform');
  return times;
}

interface Place {
  readonly owner: string;
  readonly label: string;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Finds the source behind a function of the built server, and whose it is. */
function createPlacer(): (frame: CallFrame, caller: CallFrame | null) => Promise<Place> {
  const maps = new Map<string, Promise<SourceMap | null>>();

  async function placeScript({ functionName, url, lineNumber, columnNumber }: CallFrame): Promise<Place> {
    const name = functionName || '(anonymous)';
    if (url.startsWith('node:')) return { owner: nodeModule(url), label: `${name}  ${url}:${lineNumber + 1}` };
    const file = url.startsWith('file:') ? fileURLToPath(url) : url;
    const map = maps.get(file) ?? readMap(`${file}.map`);
    maps.set(file, map);
    const entry = (await map)?.findEntry(lineNumber, columnNumber);
    const isMapped = entry !== undefined && 'originalSource' in entry;
    const source = isMapped ? fileURLToPath(new URL(entry.originalSource, `file://${file}`)) : file;
    const line = isMapped ? entry.originalLine : lineNumber;
    const [, owner = ourPackage(source)] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source) ?? [];
    return { owner, label: `${name}  ${shorten(source)}:${line + 1}` };
  }

  return async (frame, caller) => {
    if (frame.url !== '') return placeScript(frame);
    if (caller === null) return { owner: frame.functionName, label: frame.functionName };
    const { owner, label } = await placeScript(caller);
    return { owner, label: `${frame.functionName || 'native code'}, called by ${label}` };
  };
}

/** `node:internal/deps/undici/undici` is what stands behind Request, Response and Headers: told apart from the rest. */
function nodeModule(url: string): string {
  const [, internal, name = ''] = /^node:(internal\/(?:deps\/)?)?_?([^/_]+)/.exec(url) ?? [];
  return `node:${internal === undefined ? name : `internal/${name}`}`;
}

async function readMap(path: string): Promise<SourceMap | null> {
  try {
    return new SourceMap(JSON.parse(await readFile(path, 'utf8')) as SourceMapPayload);
  } catch {
    return null;
  }
}

function ourPackage(source: string): string {
  const [, kind = '', folder = ''] = /(apps|packages)\/([^/]+)\//.exec(shorten(source)) ?? [];
  return kind === '' ? 'other' : `ours: ${kind}/${folder}`;
}

function shorten(path: string): string {
  return path.replace(root, '').replace(/^.*\/node_modules\//, '');
}
