import { describe, expect, test } from 'vitest';

import { databaseFault } from '../errors.ts';
import { blackHole } from '../fixtures/black-hole.ts';
import { openDatabase } from '../open.ts';
import { testServerUrl } from '../testing.ts';

const server = await testServerUrl();

describe('a network that drops all packets', () => {
  test('fails every caller within 3 s, and the first call after its recovery succeeds within 2 s', async () => {
    await using network = await blackHole(server);
    await using database = await openDatabase({ url: network.url, poolSize: 4 });
    await Promise.all([1, 2, 3, 4].map(() => database.query({ text: 'SELECT pg_sleep(0.05)' }, [])));

    network.swallow(true);
    const timed = async (work: () => Promise<unknown>): Promise<{ fault: unknown; ms: number }> => {
      const began = performance.now();
      const fault = await work().then(
        () => 'no error',
        (error: unknown) => databaseFault(error),
      );
      return { fault, ms: performance.now() - began };
    };
    // 24 callers on 4 connections: some wait for an answer, some for a connection, and some come later.
    const outcomes = await Promise.all(
      Array.from({ length: 24 }, async (_, i) => {
        await new Promise((resolve) => setTimeout(resolve, i * 120));
        if (i % 3 === 0) return timed(() => database.query({ text: 'SELECT 1' }, []));
        if (i % 3 === 1) return timed(() => database.prisma.user.count());
        return timed(() => database.transaction((tx) => tx.query({ text: 'SELECT 1' }, [])));
      }),
    );
    for (const { fault, ms } of outcomes) {
      expect(fault).toEqual({ kind: 'unavailable' });
      expect(ms).toBeLessThan(3_000);
    }

    network.swallow(false);
    await expect
      .poll(() => database.query({ text: 'SELECT 1 AS one' }, []).catch(() => 'not yet'), { timeout: 2_000 })
      .toEqual([{ one: 1 }]);
  });

  test('is not confused with a slow statement', async () => {
    await using network = await blackHole(server);
    await using database = await openDatabase({ url: network.url });
    expect(await database.query({ text: `SELECT 'late' AS answer FROM pg_sleep(3.5)` }, [])).toEqual([
      { answer: 'late' },
    ]);
  });
});
