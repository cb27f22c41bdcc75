import { afterAll, beforeAll, expect, test } from 'vitest';

import { run } from './fixtures/run.ts';
import { createServerDatabase } from './test-source.ts';
import { testServerUrl } from './testing.ts';

let settings: NodeJS.ProcessEnv;
let remove: () => Promise<void>;
beforeAll(async () => {
  const database = await createServerDatabase(await testServerUrl(), 'cli');
  settings = { DATABASE_URL: database.url };
  remove = database.remove;
});
afterAll(() => remove());

const cli = (...args: string[]) => run('../cli.ts', args, { env: settings }).ended;

test('status, migrate and rollback say what they did', { timeout: 90_000 }, async () => {
  expect(await cli('status')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^pending {2}\d{14}_ground_floor\n/),
  });
  expect(await cli('migrate')).toMatchObject({
    code: 0,
    out: expect.stringContaining('migration applied: 20261122000000_ground_floor\n'),
  });
  expect(await cli('migrate')).toMatchObject({ code: 0, out: 'nothing to apply\n' });
  expect(await cli('status')).toMatchObject({
    code: 0,
    out: expect.stringContaining('the database agrees with prisma/schema.prisma\n'),
  });
  expect(await cli('rollback')).toMatchObject({ code: 0, out: expect.stringContaining('migration rolled back: ') });
});

test('a mistake ends with one line and code 1', { timeout: 90_000 }, async () => {
  expect(await cli()).toEqual({ code: 1, out: '', err: 'error: usage: db new <name> | migrate | rollback | status\n' });
  expect(await cli('new')).toMatchObject({ code: 1, err: expect.stringContaining('error: a migration needs a name') });
  expect(await cli('new', 'Bad Name')).toMatchObject({ code: 1, err: expect.stringContaining('snake_case') });
  const unreachable = run('../cli.ts', ['status'], {
    env: { DATABASE_URL: 'postgres://user:secret@127.0.0.1:1/x' },
  });
  expect(await unreachable.ended).toEqual({ code: 1, out: '', err: 'error: connect ECONNREFUSED 127.0.0.1:1\n' });
});
