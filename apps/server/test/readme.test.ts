import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { startServer } from './harness/child-server.ts';
import { createTestStore } from './harness/test-store.ts';

const readme = fileURLToPath(new URL('../../../README.md', import.meta.url));

/** What the README tells to type, but for the address. */
async function tour(url: string): Promise<string> {
  const blocks = [...(await readFile(readme, 'utf8')).matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(
    ([, block = '']) => block,
  );
  const session = blocks.find((block) => block.includes('/auth/register'));
  if (session === undefined) throw new Error('the README has no session that registers');
  return session.replaceAll('http://localhost:8000', url);
}

function run(script: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile('bash', ['-euo', 'pipefail', '-c', script], (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${stdout}${stderr}`, { cause: error }));
    });
  });
}

test('the curl session in the README returns what it says, from registration to the refused update', async () => {
  await using store = await createTestStore();
  await using server = await startServer(store);
  const said = await run(await tour(server.url));
  console.log(said);
  const [list = '', recurring = '', agenda = '', tag = '', updated = '', refused = '', withKey = ''] = said.split('\n');
  expect(JSON.parse(list).data).toMatchObject([{ title: 'Pay the rent 🏠', version: 1 }]);
  expect(JSON.parse(recurring).data).toMatchObject({ title: 'Water the plants', planned: { date: '2026-12-02' } });
  expect(JSON.parse(agenda).data.days[1]).toMatchObject({ date: '2026-12-02', due: [{ title: 'Water the plants' }] });
  expect(tag).toMatch(/^etag: "1-[0-9a-f]{24}"/i);
  expect(JSON.parse(updated).data).toMatchObject({ title: 'Pay the rent and the deposit', version: 2 });
  expect(JSON.parse(refused)).toMatchObject({
    status: 412,
    code: 'STALE_VERSION',
    currentVersion: 2,
    conflictingFields: ['title'],
  });
  // The newest task.
  expect(JSON.parse(withKey).data).toMatchObject([{ title: 'Water the plants' }]);
});
