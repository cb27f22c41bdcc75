import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Database } from '@alice/db';
import { testDatabase, testServerUrl } from '@alice/db/testing';
import { expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 60_000 });

/** Runs `db:seed` on a test's database. */
async function seed(database: Database, appEnv: string, ...args: string[]) {
  const [row] = await database.query<{ name: string }>({ text: 'SELECT current_database() AS name' }, []);
  const url = new URL(await testServerUrl());
  url.pathname = `/${row?.name}`;
  const script = fileURLToPath(new URL('./seed.ts', import.meta.url));
  const env = { ...process.env, DATABASE_URL: url.href, APP_ENV: appEnv };
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, said };
}
const users = (database: Database) => database.query<{ email: string }>({ text: 'SELECT email FROM users' }, []);

test('in production the seed requires the flag, and creates no account with a publicly known password', async () => {
  await using database = await testDatabase();
  const refused = await seed(database, 'production');
  expect(refused).toEqual({ code: 1, said: expect.stringMatching(/^database: .*\nerror: APP_ENV is production: /) });
  expect(await users(database)).toEqual([]);

  const seeded = await seed(database, 'production', '--production');
  expect(seeded).toEqual({
    code: 0,
    said: expect.stringMatching(/Sign in as demo@alice\.example with "[\w-]{32}"\.\n$/),
  });
  expect(await users(database)).toEqual([{ email: 'demo@alice.example' }]);
});

test('elsewhere the demo account has the documented password, and is created once', async () => {
  await using database = await testDatabase();
  expect(await seed(database, 'development')).toEqual({
    code: 0,
    said: expect.stringContaining('with "a demo password for everybody"'),
  });
  expect((await seed(database, 'development')).said).toContain('already exists: nothing to do');
  expect(await seed(database, 'development', '--force')).toMatchObject({
    code: 1,
    said: expect.stringContaining('usage: pnpm db:seed'),
  });
});
