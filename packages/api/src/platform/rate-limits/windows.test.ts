import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { memoryWindows } from './windows.ts';

const limit = { name: 'windows-test', points: 5, seconds: 60 };

it('consumes, refunds, and refuses what exceeds the limit', async () => {
  const windows = memoryWindows(limit);
  expect(await windows.take('a', 3)).toMatchObject({ granted: 3, left: 2 });
  expect(await windows.take('a', 3)).toMatchObject({ granted: 2, left: 0 });
  windows.giveBack('a', 1);
  await sleep(0);
  expect(await windows.take('a', 3)).toMatchObject({ granted: 1, left: 0 });
  expect(await windows.take('b', 5)).toMatchObject({ granted: 5 });
});

it('refunds no more than it granted: a refund for another store adds nothing here', async () => {
  const windows = memoryWindows(limit);
  await windows.take('a', 1);
  windows.giveBack('a', 5);
  await sleep(0);
  expect(await windows.take('a', 10)).toMatchObject({ granted: 5, left: 0 });
});
