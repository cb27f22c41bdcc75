import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Deps } from '../../../deps.ts';
import { callAs, signUp, testDeps } from '../../../testing/index.ts';

let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase());
});
afterAll(() => deps.db.close());

it('says who changed what, from what to what, newest first and in pages', async () => {
  const { api } = await signUp(deps);
  const { key, apiKey } = await api.apiKeys.create({ name: 'Importer', scopes: ['tasks:write'] });
  const program = callAs(deps, key);
  const { id } = await api.tasks.create({ title: 'a', due: { date: '2026-12-01' } });
  await program.tasks.update({ id, title: 'b', due: null });
  await api.tasks.complete({ id });
  await api.tasks.delete({ id });
  const first = await api.tasks.history({ id, limit: 2 });
  const rest = await api.tasks.history({ id, limit: 2, cursor: first.nextCursor ?? '' });
  const entries = [...first.items, ...rest.items];
  expect(rest.nextCursor).toBeNull();
  expect(entries.map(({ action, via }) => [action, via?.kind, via?.name])).toEqual([
    ['delete', 'session', 'tests'],
    ['complete', 'session', 'tests'],
    ['update', 'api_key', 'Importer'],
    ['create', 'session', 'tests'],
  ]);
  expect(entries[2]).toMatchObject({
    actor: 'you',
    via: { id: apiKey.id },
    changes: [
      { field: 'dueDate', from: '2026-12-01', to: null },
      { field: 'title', from: 'a', to: 'b' },
    ],
  });
  expect(entries[3]?.changes).toContainEqual({ field: 'title', from: null, to: 'a' });
  const stranger = await signUp(deps);
  for (const unknown of [id, uuidv7()]) {
    await expect(stranger.api.tasks.history({ id: unknown })).rejects.toMatchObject({ cause: { code: 'NOT_FOUND' } });
  }
});
