import { testDeps, testLog } from '@alice/api/testing';
import { testDatabase } from '@alice/db/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { scheduledTasks, startScheduler } from './scheduler.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('runs its tasks repeatedly, continues after a failure, and stops on request', async () => {
  const log = testLog();
  const deps = await testDeps(await testDatabase(), { log });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const broken = { name: 'broken', run: () => Promise.reject(new Error('broken')) };
  const scheduler = startScheduler(deps, [broken, ...scheduledTasks]);
  await vi.advanceTimersByTimeAsync(600_000);
  await vi.waitFor(() => expect(log.lines).toHaveLength(1 + scheduledTasks.length));
  expect(log.lines[0]).toMatchObject({ level: 'warn', fields: { task: 'broken' } });
  expect(log.lines.slice(1)).toMatchObject(
    scheduledTasks.map(({ name }) => ({ message: 'scheduled task finished', fields: { task: name } })),
  );
  await deps.db.close();
  await vi.advanceTimersByTimeAsync(3_600_000);
  await vi.waitFor(() => expect(log.lines.at(-1)).toMatchObject({ level: 'warn' }));
  await scheduler.stop();
  const lines = log.lines.length;
  await vi.advanceTimersByTimeAsync(7_200_000);
  expect(log.lines.length).toBe(lines);
});

it('asks the running task to end, and stops without it after a timeout', async () => {
  const log = testLog();
  const deps = await testDeps(await testDatabase(), { log });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let told: AbortSignal | undefined;
  const endless = {
    name: 'endless',
    run: (_: unknown, signal: AbortSignal) => {
      told = signal;
      return new Promise<number>(() => undefined);
    },
  };
  const scheduler = startScheduler(deps, [endless]);
  await vi.advanceTimersByTimeAsync(600_000);
  vi.useRealTimers();
  expect(told?.aborted).toBe(false);
  const startedAt = performance.now();
  const stops = [scheduler.stop(), scheduler.stop()];
  expect(told?.aborted).toBe(true);
  await Promise.all(stops);
  await scheduler.stop();
  expect(performance.now() - startedAt).toBeGreaterThan(1900);
  expect(performance.now() - startedAt).toBeLessThan(4000);
  await deps.db.close();
});

it('starts no task after it was asked to stop', async () => {
  const deps = await testDeps(await testDatabase());
  const asked = vi.spyOn(deps.db, 'query');
  for (const { run } of scheduledTasks) expect(await run(deps, AbortSignal.abort())).toBe(0);
  expect(asked).not.toHaveBeenCalled();
  await deps.db.close();
});
