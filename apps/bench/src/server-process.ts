import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ownGroup, stopProcess } from './child-process.ts';
import { type HeapFigures, heapFigures } from './heap-figures.ts';
import { accessMinutes } from './product.ts';

const startWithinMs = 20_000;
const inspectorWithinMs = 5000;
const tailBytes = 64 * 1024;

/** Our server, as it is deployed: the built file, production settings, its log on. */
export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  readonly jwtSecret: string;
  /** Ends it and waits until it has. */
  stop(): Promise<void>;
  /** Sends it a signal and gives its exit code once it has ended; null when the signal itself ended it. */
  kill(signal: NodeJS.Signals): Promise<number | null>;
  /** Its heap after a full collection, told by V8's inspector, which this opens. */
  heap(): Promise<HeapFigures>;
  /** Throws away what was logged so far. */
  clearLog(): Promise<void>;
  /** How many bytes were logged since. */
  logSize(): Promise<number>;
  /** The last lines of the log that are not about an ordinary request. */
  logTail(): Promise<string>;
}

export interface ServerOptions {
  /** None: embedded, in `dataDir`. */
  readonly databaseUrl?: string;
  /** None: a fresh one, which is removed at the end. */
  readonly dataDir?: string;
  readonly redisUrl?: string;
  /** None: a made-up one. */
  readonly jwtSecret?: string;
  /** None: a free one. */
  readonly port?: number;
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
  const port = options.port ?? (await freePort());
  const jwtSecret = options.jwtSecret ?? madeUpSecret();
  const settings = {
    APP_ENV: 'production',
    LOG_LEVEL: 'info',
    HOST: '127.0.0.1',
    PORT: String(port),
    DATA_DIR: options.dataDir ?? dir,
    ...(options.databaseUrl === undefined ? {} : { DATABASE_URL: options.databaseUrl }),
    ...(options.redisUrl === undefined ? {} : { REDIS_URL: options.redisUrl }),
    SECRET_KEY: madeUpSecret(),
    JWT_SECRET_KEY: jwtSecret,
    JWT_ACCESS_TOKEN_EXPIRE_MINUTES: String(accessMinutes),
    // Calls are counted all the same; one person of the bench makes more of them than any other.
    RATE_LIMIT_CALLS_PER_MINUTE: '1000000000',
    RATE_LIMIT_ANONYMOUS_CALLS_PER_MINUTE: '1000000000',
    RATE_LIMIT_REGISTRATIONS_PER_HOUR: '1000000000',
    RATE_LIMIT_MAILS_PER_HOUR: '1000000000',
  };
  const profiling = options.profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profileDir}`];
  if (cleanUp.disposed) throw new Error('interrupted');
  // Only these settings: what else stands in our environment must not change the figures.
  const child = spawn(process.execPath, ['--inspect-port=0', ...profiling, entry], {
    env: settings,
    stdio: ['ignore', log.fd, log.fd],
    ...ownGroup,
  });
  cleanUp.defer(() => stopProcess(child));

  async function lastLines(): Promise<string[]> {
    const { size } = await log.stat();
    const { buffer, bytesRead } = await log.read(Buffer.alloc(tailBytes), 0, tailBytes, Math.max(0, size - tailBytes));
    return buffer.toString('utf8', 0, bytesRead).split('\n');
  }
  async function logTail(): Promise<string> {
    const lines = await lastLines();
    return lines
      .filter((line) => line !== '' && !line.includes('"level":"info"'))
      .slice(-15)
      .join('\n');
  }
  let inspector: Promise<string> | undefined;
  const server: RunningServer = {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    jwtSecret,
    stop: () => stopProcess(child),
    async kill(signal) {
      const exited = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      child.kill(signal);
      await exited;
      return child.exitCode;
    },
    async heap() {
      inspector ??= openInspector(child, lastLines);
      return heapFigures(await inspector);
    },
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

/** Node.js opens its inspector at SIGUSR1 and says where. */
async function openInspector(child: ChildProcess, lastLines: () => Promise<string[]>): Promise<string> {
  child.kill('SIGUSR1');
  for (const deadline = performance.now() + inspectorWithinMs; performance.now() < deadline; await sleep(20)) {
    const url = (await lastLines()).map((line) => /^Debugger listening on (ws:\S+)/.exec(line)?.[1]).find(Boolean);
    if (url !== undefined) return url;
  }
  throw new Error('the server opened no inspector');
}

export function madeUpSecret(): string {
  return randomBytes(48).toString('base64url');
}

/** A port that nobody listens on now. */
export function freePort(): Promise<number> {
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
