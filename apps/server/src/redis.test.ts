import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, describe, expect, it } from 'vitest';
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

describe('a Redis that is not there', () => {
  it('fails calls at once and is told of once, however often it is tried', async () => {
    redis = connectRedis(`redis://127.0.0.1:${await freePort()}`, log);
    await sleep(600);
    const startedAt = performance.now();
    await expect(redis.ping()).rejects.toThrow();
    expect(performance.now() - startedAt).toBeLessThan(200);
    expect(lines.map(({ msg }) => msg)).toEqual(['Redis is away']);
  });
});

describe('a Redis that accepts and says nothing', () => {
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
