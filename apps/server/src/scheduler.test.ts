import { testDeps, testLog } from '@alice/api/testing';
import { testDatabase } from '@alice/db/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { startWorker, sweeps } from './scheduler.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('sweeps now and then, goes on after a failure, and stops when told', async () => {
  const log = testLog();
  const deps = await testDeps(await testDatabase(), { log });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const broken = { name: 'broken', sweep: () => Promise.reject(new Error('broken')) };
  const worker = startWorker(deps, [broken, ...sweeps]);
  await vi.advanceTimersByTimeAsync(600_000);
  await vi.waitFor(() => expect(log.lines).toHaveLength(1 + sweeps.length));
  expect(log.lines[0]).toMatchObject({ level: 'warn', fields: { sweep: 'broken' } });
  expect(log.lines.slice(1)).toMatchObject(sweeps.map(({ name }) => ({ message: 'swept', fields: { sweep: name } })));
  await deps.db.close();
  await vi.advanceTimersByTimeAsync(3_600_000);
  await vi.waitFor(() => expect(log.lines.at(-1)).toMatchObject({ level: 'warn' }));
  await worker.stop();
  const lines = log.lines.length;
  await vi.advanceTimersByTimeAsync(7_200_000);
  expect(log.lines.length).toBe(lines);
});

it('tells the sweep that runs to end, and stops without it when it does not', async () => {
  const log = testLog();
  const deps = await testDeps(await testDatabase(), { log });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let told: AbortSignal | undefined;
  const endless = {
    name: 'endless',
    sweep: (_: unknown, signal: AbortSignal) => {
      told = signal;
      return new Promise<number>(() => undefined);
    },
  };
  const worker = startWorker(deps, [endless]);
  await vi.advanceTimersByTimeAsync(600_000);
  vi.useRealTimers();
  expect(told?.aborted).toBe(false);
  const startedAt = performance.now();
  const stops = [worker.stop(), worker.stop()];
  expect(told?.aborted).toBe(true);
  await Promise.all(stops);
  await worker.stop();
  expect(performance.now() - startedAt).toBeGreaterThan(1900);
  expect(performance.now() - startedAt).toBeLessThan(4000);
  await deps.db.close();
});

it('begins nothing once it is told to stop', async () => {
  const deps = await testDeps(await testDatabase());
  const asked = vi.spyOn(deps.db, 'query');
  for (const { sweep } of sweeps) expect(await sweep(deps, AbortSignal.abort())).toBe(0);
  expect(asked).not.toHaveBeenCalled();
  await deps.db.close();
});
