import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { simpleParser } from 'mailparser';
import { expect, test } from 'vitest';
import { health, register } from './harness/call.ts';
import { startServer } from './harness/child-server.ts';
import { testDatabaseUrl } from './harness/env.ts';
import { mailFiles } from './harness/mail-files.ts';
import { createTestStore } from './harness/test-store.ts';

const timeout = 120_000;

if (testDatabaseUrl() !== null) {
  test('ROLE api sends no mails, ROLE worker sends them and serves nothing but its health', { timeout }, async () => {
    await using store = await createTestStore();
    await using api = await startServer({ ...store, env: { ROLE: 'api' } });
    const { email } = await register(api.url);
    await sleep(1000);
    expect(await mailFiles(store)).toEqual([]);

    await using worker = await startServer({ ...store, env: { ROLE: 'worker' } });
    await expect.poll(() => mailFiles(store), { timeout: 20_000 }).toHaveLength(1);
    const [file = ''] = await mailFiles(store);
    expect((await simpleParser(await readFile(file))).to).toMatchObject({ value: [{ address: email }] });
    expect(await health(worker.url)).toMatchObject({ httpStatus: 200 });
    const statuses = await Promise.all(
      ['/livez', '/readyz', '/api/v1/users/me', '/trpc/users.me', '/docs', '/openapi.json'].map(
        async (path) => (await fetch(`${worker.url}${path}`)).status,
      ),
    );
    expect(statuses).toEqual([200, 200, 404, 404, 404, 404]);
    expect(await worker.kill('SIGTERM')).toMatchObject({ code: 0 });
    expect(await api.kill('SIGTERM')).toMatchObject({ code: 0 });
  });
} else {
  test('the embedded database belongs to one process, so that does everything', { timeout }, async () => {
    await using store = await createTestStore();
    await expect(startServer({ ...store, env: { ROLE: 'worker' } })).rejects.toThrow('ROLE: must be all');
  });
}
