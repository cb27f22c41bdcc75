import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from './env.ts';

const builtEntry = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const startLimitMs = 30_000;

export interface ServerOptions {
  readonly dataDir: string;
  /** None: embedded, in `dataDir`. */
  readonly databaseUrl?: string | undefined;
  readonly redisUrl?: string | undefined;
  /** Another built server than this one. */
  readonly entry?: string;
  /** Further settings; they win over the ones above. */
  readonly env?: Readonly<Record<string, string>>;
  /** The most files that it may have open; unless told, as many as we. */
  readonly openFiles?: number;
  /** File descriptors in place of the pipes that are read here: nothing of that output is seen then. */
  readonly stdout?: number;
  readonly stderr?: number;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** From the start of the process to its end. */
  readonly ms: number;
}

/** A line of the server's log; `msg` is always there, what else depends on the line. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A server in a process of its own. Disposing of it kills it (SIGKILL). */
export interface ServerProcess extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly pid: number;
  readonly logs: readonly LogLine[];
  /** Every line of both outputs, in the order in which they came. */
  readonly output: readonly string[];
  /** The lines of standard error. */
  readonly errors: readonly string[];
  /** Resolves when the process is gone and all of its output is here. */
  readonly exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): Promise<Exit>;
}

export interface ChildServer extends ServerProcess {
  readonly url: string;
}

/** Starts the built server on a port of its own choice, and waits until it listens. Throws with its output when it ends instead. */
export async function startServer(options: ServerOptions): Promise<ChildServer> {
  const server = spawnServer(options);
  const { promise: url, resolve, reject } = Promise.withResolvers<string>();
  const limit = setTimeout(
    () => reject(new Error(`the server did not listen within ${startLimitMs} ms`)),
    startLimitMs,
  );
  const look = () => {
    const line = server.logs.find((entryOfLog) => typeof entryOfLog['url'] === 'string');
    if (line !== undefined) resolve(String(line['url']));
  };
  server.process.stdout?.on('data', () => setImmediate(look));
  void server.exited.then(({ code, signal }) => {
    look();
    reject(new Error(`the server ended (${signal ?? code}) instead of listening:\n${server.output.join('\n')}`));
  });
  try {
    return { ...server, url: await url };
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  } finally {
    clearTimeout(limit);
  }
}

/** Starts the built server and does not wait for anything. */
export function spawnServer(options: ServerOptions): ServerProcess {
  const { dataDir, databaseUrl, redisUrl, entry = builtEntry, stdout, stderr, openFiles, env = {} } = options;
  if (!existsSync(entry)) {
    throw new Error('apps/server/dist/main.js is missing; build it: cd apps/server && node_modules/.bin/tsdown');
  }
  const startedAt = performance.now();
  const command = [process.execPath, entry];
  const [program = '', ...args] =
    openFiles === undefined ? command : ['sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`, ...command];
  const child = spawn(program, args, {
    env: {
      ...childEnvironment(),
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: dataDir,
      // Tests work faster than people, all from one address; the limits themselves have tests of their own.
      RATE_LIMIT_CALLS_PER_MINUTE: '1000000000',
      RATE_LIMIT_ANONYMOUS_CALLS_PER_MINUTE: '1000000000',
      RATE_LIMIT_REGISTRATIONS_PER_HOUR: '1000000000',
      RATE_LIMIT_MAILS_PER_HOUR: '1000000000',
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
      ...(redisUrl === undefined ? {} : { REDIS_URL: redisUrl }),
      ...env,
    },
    stdio: ['ignore', stdout ?? 'pipe', stderr ?? 'pipe'],
  });
  if (child.pid === undefined) throw new Error('the server could not be spawned');

  const logs: LogLine[] = [];
  const output: string[] = [];
  const errors: string[] = [];
  readLines(child.stdout, (line) => {
    output.push(line);
    const parsed = parseLogLine(line);
    if (parsed !== null) logs.push(parsed);
  });
  readLines(child.stderr, (line) => {
    output.push(line);
    errors.push(line);
  });

  // Whatever ends this test process, no server outlives it.
  const killNow = () => child.kill('SIGKILL');
  process.once('exit', killNow);
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => {
      process.off('exit', killNow);
      // The readers of lines hand out the last one a turn later.
      setImmediate(() => resolve({ code, signal, ms: performance.now() - startedAt }));
    });
  });
  const kill = (signal: NodeJS.Signals) => {
    child.kill(signal);
    return exited;
  };
  return {
    process: child,
    pid: child.pid,
    logs,
    output,
    errors,
    exited,
    kill,
    async [Symbol.asyncDispose]() {
      await kill('SIGKILL');
    },
  };
}

function readLines(stream: Readable | null, take: (line: string) => void): void {
  if (stream !== null) createInterface(stream).on('line', take);
}

function parseLogLine(line: string): LogLine | null {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === 'object' && parsed !== null ? { ...parsed } : null;
  } catch {
    return null;
  }
}
