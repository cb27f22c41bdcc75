import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLoggers } from './log.ts';
import { connectRedis, type RedisConnection } from './redis.ts';

let lines: { level: number; msg: string }[] = [];
const log = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
let redis: RedisConnection | undefined;

afterEach(async () => {
  await redis?.close();
  lines = [];
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('Redis that is down', () => {
  it('fails calls at once and is logged once, regardless of the number of retries', async () => {
    redis = connectRedis(`redis://127.0.0.1:${await freePort()}`, log);
    await sleep(600);
    const startedAt = performance.now();
    await expect(redis.ping()).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(200);
    expect(lines.map(({ msg }) => msg)).toEqual(['Redis is unavailable']);
  });
});

describe('Redis that accepts connections and never answers', () => {
  it('fails calls within a second', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const address = mute.address();
    redis = connectRedis(`redis://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`, log);
    await sleep(100);
    const startedAt = performance.now();
    await expect(redis.ping()).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(1000);
    mute.close();
  });
});

describe('Redis that refuses the password', () => {
  it('is logged without the password', async () => {
    const refusing = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (bytes) => {
        socket.write('-WRONGPASS invalid username-password pair\r\n'.repeat(String(bytes).match(/^\*/gm)?.length ?? 0));
      });
    });
    await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
    const address = refusing.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const written: string[] = [];
    const loggers = createLoggers({ appEnv: 'test', logLevel: 'info' }, { write: (line) => void written.push(line) });
    redis = connectRedis(`redis://someone:hunter2hunter2@127.0.0.1:${port}`, loggers.log);
    redis.broadcast.subscribe(() => undefined);
    await redis.openWindows({ name: 'refused', points: 10, seconds: 60 }).take('ada', 1);
    await vi.waitFor(() => expect(written.join('')).toContain('WRONGPASS'), 5000);
    await sleep(300);
    expect(written.join('')).not.toContain('hunter2hunter2');
    refusing.close();
  });
});
