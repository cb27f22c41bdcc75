import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ownGroup, stopProcess } from './child-process.ts';

const startWithinMs = 20_000;
const tailBytes = 64 * 1024;

/** Our server, as it is deployed: the built file, production settings, its log on. */
export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  readonly jwtSecret: string;
  /** Ends it and waits until it has. */
  stop(): Promise<void>;
  /** Throws away what was logged so far. */
  clearLog(): Promise<void>;
  /** How many bytes were logged since. */
  logSize(): Promise<number>;
  /** The last lines of the log that are not about an ordinary request. */
  logTail(): Promise<string>;
}

export interface ServerOptions {
  readonly databaseUrl: string;
  /** Writes a CPU profile here when it stops. */
  readonly profileDir?: string;
}

const entry = fileURLToPath(new URL('../../server/dist/main.js', import.meta.url));

/** Starts the server and waits until it serves. `cleanUp` stops it, however far it came. */
export async function startServer(options: ServerOptions, cleanUp: AsyncDisposableStack): Promise<RunningServer> {
  if (!existsSync(entry)) throw new Error('The server is not built; run: pnpm bench');
  const dir = await mkdtemp(join(tmpdir(), 'alice-bench-'));
  cleanUp.defer(() => rm(dir, { recursive: true, force: true }));
  const log = await open(join(dir, 'server.log'), 'a+');
  cleanUp.defer(() => log.close());
  const port = await freePort();
  const jwtSecret = madeUpSecret();
  const settings = {
    APP_ENV: 'production',
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: dir,
    DATABASE_URL: options.databaseUrl,
    SECRET_KEY: madeUpSecret(),
    JWT_SECRET_KEY: jwtSecret,
    JWT_ACCESS_TOKEN_EXPIRE_MINUTES: '60',
    // Calls are counted all the same; one person of the bench makes more of them than any other.
    RATE_LIMIT_CALLS_PER_MINUTE: '1000000000',
  };
  const flags = options.profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profileDir}`];
  if (cleanUp.disposed) throw new Error('interrupted');
  // Only these settings: what else stands in our environment must not change the figures.
  const child = spawn(process.execPath, [...flags, entry], {
    env: settings,
    stdio: ['ignore', log.fd, log.fd],
    ...ownGroup,
  });
  cleanUp.defer(() => stopProcess(child));

  async function logTail(): Promise<string> {
    const { size } = await log.stat();
    const { buffer, bytesRead } = await log.read(Buffer.alloc(tailBytes), 0, tailBytes, Math.max(0, size - tailBytes));
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    return lines
      .filter((line) => line !== '' && !line.includes('"level":"info"'))
      .slice(-15)
      .join('\n');
  }
  const server: RunningServer = {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    jwtSecret,
    stop: () => stopProcess(child),
    clearLog: () => log.truncate(),
    logSize: async () => (await log.stat()).size,
    logTail,
  };
  await untilServing(server, child);
  return server;
}

async function untilServing(server: RunningServer, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + startWithinMs;
  while (performance.now() < deadline && child.exitCode === null && child.signalCode === null) {
    const response = await fetch(`${server.url}/readyz`).catch(() => null);
    if (response?.ok) return;
    await sleep(50);
  }
  throw new Error(`The server did not start:\n${await server.logTail()}`);
}

function madeUpSecret(): string {
  return randomBytes(48).toString('base64url');
}

/** A port that nobody listens on now. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        address === null || typeof address === 'string' ? reject(new Error('no port')) : resolve(address.port),
      );
    });
  });
}
