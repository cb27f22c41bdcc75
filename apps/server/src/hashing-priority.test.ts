import { readdirSync, readFileSync } from 'node:fs';
import { getPriority } from 'node:os';
import { createPasswordHasher } from '@alice/api';
import { expect, it } from 'vitest';
import { lowerHashingPriority } from './hashing-priority.ts';

it.runIf(process.platform === 'linux')('lowers the priority of the hashing threads only', async () => {
  await createPasswordHasher({ memoryCost: 8, timeCost: 2, parallelism: 1, concurrency: 1, maxWaiting: 1 });
  const own = getPriority(process.pid);
  expect(lowerHashingPriority()).toBeGreaterThan(0);
  const priorities = readdirSync('/proc/self/task').map((id) => ({
    isPool: readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim() === 'libuv-worker',
    priority: getPriority(Number(id)),
  }));
  expect(priorities.filter(({ isPool }) => isPool).every(({ priority }) => priority === 10)).toBe(true);
  expect(priorities.filter(({ isPool }) => !isPool).every(({ priority }) => priority === own)).toBe(true);
});
