import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Database } from '../database.ts';
import { databaseOver } from '../handle.ts';
import { SteadyPool } from '../pool.ts';
import { connectionConfig } from '../postgres/config.ts';

/**
 * PGlite's own server, downloaded by npx, reads a PGlite directory. The version is the last that ALICE used; no release
 * of the server declares it as its peer, hence `--legacy-peer-deps`.
 */
const SERVER = [
  '--yes',
  '--legacy-peer-deps',
  '--package=@electric-sql/pglite@0.5.16',
  '--package=@electric-sql/pglite-socket@0.2.17',
  'pglite-server',
];
/** npx downloads about 30 MB, and opening a large directory takes long. */
const START_LIMIT_MS = 180_000;
/** A busy PGlite does not respond, not even to a new connection. */
const ANSWER_LIMIT_MS = 60_000;

/**
 * Opens the database in a PGlite directory, which earlier versions of ALICE had in `<data directory>/postgres`. Works
 * on a copy in a temporary folder: the original is not changed. Throws if its ALICE is still running.
 */
export async function openPglite(directory: string): Promise<Database> {
  const original = await findPglite(resolve(directory));
  await requireNoOwner(resolve(original, '..'));
  const folder = await mkdtemp(join(tmpdir(), 'alice-pglite-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await cp(original, join(folder, 'data'), { recursive: true });
    return await servePglite(join(folder, 'data'), folder, remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Serves a directory itself, with the socket in `folder`; `release` is called after the server has stopped. */
export async function servePglite(directory: string, folder: string, release: () => Promise<void>): Promise<Database> {
  const server = await startServer(directory, join(folder, '.s.PGSQL.5432'));
  // One connection, and no watchdog: PGlite can hang with two, and does not respond while it works.
  const url = `postgres://postgres@${encodeURIComponent(folder)}/postgres`;
  const config = { ...connectionConfig({ url, acquireTimeoutMs: ANSWER_LIMIT_MS }), max: 1, idleTimeoutMillis: 0 };
  return databaseOver(new SteadyPool(config, () => undefined), async () => {
    await stop(server);
    await release();
  });
}

/** The directory itself, or the one in the given data directory. */
async function findPglite(directory: string): Promise<string> {
  for (const path of [directory, join(directory, 'postgres')]) {
    const found = await stat(join(path, 'PG_VERSION')).catch(() => null);
    if (found !== null) return path;
  }
  throw new Error(`${directory} is not a PGlite database (PG_VERSION is missing)`);
}

/** The lock of earlier versions next to the directory: the file with the highest number is valid. */
async function requireNoOwner(dataDir: string): Promise<void> {
  const files = (await readdir(dataDir)).flatMap((name) => /^postgres\.lock\.(\d+)$/.exec(name)?.[1] ?? []);
  if (files.length === 0) return;
  const file = join(dataDir, `postgres.lock.${Math.max(...files.map(Number))}`);
  const owner = /"pid":(\d+).*"host":"([^"]*)"/.exec(await readFile(file, 'utf8'));
  if (owner === null || owner[2] !== hostname()) return;
  const pid = Number(owner[1]);
  try {
    process.kill(pid, 0);
  } catch {
    return;
  }
  throw new Error(
    `the data directory ${dataDir} is in use by process ${pid}: stop that ALICE first (its lock is ${file})`,
  );
}

async function startServer(directory: string, socket: string): Promise<ChildProcess> {
  // A process group of its own: npx, its shell and the server are stopped together.
  const child = spawn('npx', [...SERVER, `--db=${directory}`, `--path=${socket}`], {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said = `${said}${chunk.toString()}`.slice(-2_000);
    });
  child.on('error', (error) => {
    said += error.message;
  });

  const deadline = performance.now() + START_LIMIT_MS;
  // Waits only for the socket: a test connection would use the only one that is served.
  while ((await stat(socket).catch(() => null)) === null) {
    if (child.exitCode !== null || child.pid === undefined || performance.now() > deadline) {
      await stop(child);
      throw new Error(
        `the PGlite server did not start (npx needs npm and, the first time, the npm registry): ${said.trim()}`,
      );
    }
    await sleep(100);
  }
  return child;
}

/** Kills it at once: it works on a copy. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGKILL');
  await ended;
}
