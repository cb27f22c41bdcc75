import { testDeps, testLog } from '@alice/api/testing';
import { testDatabase } from '@alice/db/testing';
import { afterEach, expect, it, vi } from 'vitest';
import { startWorker } from './worker.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('sweeps now and then, goes on after a failure, and stops when told', async () => {
  const log = testLog();
  const deps = await testDeps(await testDatabase(), { log });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const worker = startWorker(deps);
  await vi.advanceTimersByTimeAsync(600_000);
  await vi.waitFor(() => expect(log.lines.map(({ message }) => message)).toEqual(['swept']));
  await deps.db.close();
  await vi.advanceTimersByTimeAsync(3_600_000);
  await vi.waitFor(() => expect(log.lines.at(-1)).toMatchObject({ level: 'warn' }));
  await worker.stop();
  const lines = log.lines.length;
  await vi.advanceTimersByTimeAsync(7_200_000);
  expect(log.lines.length).toBe(lines);
});
