import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, type Refusal } from './harness/error-table/ask.ts';
import { type RefusedRequest, sections } from './harness/error-table/cases.ts';
import { type Scene, setScene } from './harness/error-table/scene.ts';
import { type Page, toMarkdown } from './harness/error-table/to-markdown.ts';

const page = fileURLToPath(new URL('../../../docs/errors.md', import.meta.url));

let scene: Scene;
const refusals = new Map<RefusedRequest, Refusal>();
beforeAll(async () => {
  scene = await setScene();
});
afterAll(() => scene[Symbol.asyncDispose]());

describe.each(sections)('$title', ({ cases }) => {
  test.each(cases)('$request', async (refused) => {
    const refusal = await ask(scene, refused);
    refusals.set(refused, refusal);
    expect(refusal).toMatchObject({ status: refused.status, code: refused.code });
    expect(refusal.detail).toMatch(/\w{3}/);
    expect(refusal.headers.get('x-request-id')).toMatch(/./);
    for (const [name, value] of Object.entries(refused.says ?? {})) {
      const said = refusal.headers.get(name);
      if (typeof value === 'string') expect(said, name).toBe(value);
      else expect(said, name).toMatch(value);
    }
  });
});

test('a refused request changes nothing', async () => {
  // One request went before, to use up a key.
  expect(await scene.countChanges()).toBe(1);
});

// Checks the messages, field errors and details. After a change, update the page with `vitest -u` and review it.
test('docs/errors.md contains the actual responses', async () => {
  const { house, token } = scene;
  const response = await fetch(`${house.url}/api/v1/tasks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'x-request-id': 'my-request-1' },
    body: '{"title": "Pay the rent", "due": {"date": "2026-02-30"}}',
  });
  const example = JSON.stringify(await response.json(), null, 2);
  const pages: Page[] = [];
  for (const { title, cases } of sections) {
    const rows: [RefusedRequest, Refusal][] = [];
    for (const refused of cases) rows.push([refused, refusals.get(refused) ?? (await ask(scene, refused))]);
    pages.push({ title, rows });
  }
  await expect(toMarkdown(pages, example)).toMatchFileSnapshot(page);
});
