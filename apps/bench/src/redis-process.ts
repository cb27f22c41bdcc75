import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ownGroup, stopProcess } from './child-process.ts';
import { searchPath } from './env.ts';
import { freePort } from './server-process.ts';

const program = 'redis-server';
const startWithinMs = 5000;

/** A Redis of our own, so that what we do to it hurts nobody else. */
export interface RedisProcess {
  readonly url: string;
  /** Sends one command, on a connection of its own. Throws what Redis refuses. */
  command(text: string): Promise<void>;
}

/** Starts `redis-server`, which must be on the PATH. `cleanUp` stops it. */
export async function startRedis(cleanUp: AsyncDisposableStack): Promise<RedisProcess> {
  const port = await freePort();
  const child = spawn(program, ['--bind', '127.0.0.1', '--port', String(port), '--save', ''], {
    env: { PATH: searchPath() },
    stdio: 'ignore',
    ...ownGroup,
  });
  const failed = once(child, 'error').then(([error]) => {
    throw new Error(`${program} does not start: ${String(error)}`);
  });
  failed.catch(() => undefined);
  cleanUp.defer(() => (child.pid === undefined ? undefined : stopProcess(child)));
  const redis = { url: `redis://127.0.0.1:${port}`, command: (text: string) => send(port, text) };
  await Promise.race([failed, untilAnswering(redis)]);
  return redis;
}

async function untilAnswering(redis: RedisProcess): Promise<void> {
  const deadline = performance.now() + startWithinMs;
  for (;;) {
    try {
      await redis.command('PING');
      return;
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await sleep(50);
    }
  }
}

async function send(port: number, text: string): Promise<void> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    socket.write(`${text}\r\n`);
    const [reply] = await once(socket, 'data');
    if (String(reply).startsWith('-')) throw new Error(`Redis refused "${text}": ${String(reply).trim()}`);
  } finally {
    socket.destroy();
  }
}
