import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '@alice/db';
import { blackHole, testDatabase, testServerUrl } from '@alice/db/testing';
import { it } from 'vitest';
import { createSessionGate } from '../account/sessions/session-gate.ts';
import { fromUnknown } from '../errors/to-domain-error.ts';
import { createCaller } from '../root.ts';
import { requestContext, signUp, testDeps, testLog } from '../testing/index.ts';

// In use; with knowledge of sessions that is about to be old; at rest. They mostly wait, so they do it beside each other.
it.concurrent.for([0, 300, 700, 1500])(
  'F5: refuses every call within 3 s after the database stops answering, after %i ms at rest',
  { timeout: 60_000 },
  async (idleMs, { expect }) => {
    await using own = await testDatabase();
    const [row] = await own.query<{ name: string }>({ text: 'SELECT current_database() AS name' }, []);
    const server = new URL(await testServerUrl());
    server.pathname = `/${row?.name}`;
    await using network = await blackHole(server.href);
    await using db = await openDatabase({ url: network.url, poolSize: 6 });
    const log = testLog();
    const deps = await testDeps(db, { sessions: createSessionGate(db, log, { accessSeconds: 900 }) });
    const { tokens } = await signUp(deps);

    /** As over REST, where a client may hold a copy: the numbers of changes are asked for first. */
    const context = async () => {
      const { request, ...ctx } = await requestContext(deps, tokens.accessToken);
      return { ...ctx, request: { ...request, held: { isOf: () => false } } };
    };
    const calls = [
      () => createCaller(context).tasks.list({}),
      () => createCaller(context).tasks.create({ title: 'a' }),
      () =>
        createCaller(() => requestContext(deps, tokens.accessToken, crypto.randomUUID())).tasks.create({ title: 'a' }),
    ];
    const works = async () => {
      for (const call of calls) await call();
    };

    await works();
    await sleep(idleMs);
    network.swallow(true);
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        await sleep(index * 150);
        const began = performance.now();
        const code = await calls[index % calls.length]?.().then(
          () => 'no error',
          (error: Error) => fromUnknown(error.cause).code,
        );
        return { code, ms: performance.now() - began };
      }),
    );
    for (const { code } of outcomes) expect(code).toBe('UNAVAILABLE');
    const longest = Math.max(...outcomes.map(({ ms }) => ms));
    console.info(`silent after ${idleMs} ms at rest: the longest call took ${Math.round(longest)} ms`);
    expect(longest).toBeLessThan(3000);
    network.swallow(false);
    await expect
      .poll(
        () =>
          works().then(
            () => 'ok',
            () => 'not yet',
          ),
        { timeout: 5000 },
      )
      .toBe('ok');
  },
);
