import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { callAs, signUp, testDeps } from '../../testing/index.ts';

let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase());
});
afterAll(() => deps.db.close());

/** A user, and a program with an API key of theirs. */
async function withProgram() {
  const { api, user } = await signUp(deps);
  const { key, apiKey } = await api.apiKeys.create({
    name: 'Importer',
    scopes: ['tasks:read', 'tasks:write', 'goals:write', 'users:write'],
  });
  return { api, user, program: callAs(deps, key), apiKeyId: apiKey.id };
}

describe('undoing what a program did', () => {
  it('takes back all of it and nothing else, and can be taken back itself', async () => {
    const { api, user, program, apiKeyId } = await withProgram();
    const mine = await api.tasks.create({ title: 'mine' });
    const kept = await program.tasks.create({ title: 'before' });
    const since = await deps.changes.latest(user.id);
    const list = await program.lists.create({ name: 'Imported' });
    const goal = await program.goals.create({ title: 'Imported' });
    const made = await program.tasks.create({ title: 'made', listId: list.id, goalId: goal.id });
    await program.tasks.update({ id: mine.id, title: 'renamed', priority: 'high' });
    await program.tasks.complete({ id: mine.id });
    await program.tasks.delete({ id: kept.id });
    await program.users.update({ name: 'Renamed' });
    const own = await api.tasks.create({ title: 'meanwhile' });

    const undone = await api.sync.undoSince({ since, madeBy: apiKeyId });
    expect(undone).toMatchObject({ action: 'undo' });
    const titles = (await api.tasks.list({})).items.map(({ title, status }) => `${title} ${status}`);
    expect(titles.sort()).toEqual(['before todo', 'meanwhile todo', 'mine todo']);
    expect((await api.goals.list({})).items).toEqual([]);
    expect((await api.lists.list({})).items.map(({ name }) => name)).toEqual(['Inbox']);
    expect((await api.users.me()).name).toBe('Ada');
    expect(await api.tasks.get({ id: own.id })).toMatchObject(own);

    await api.sync.undo({ number: undone.number, wholeGroup: true });
    expect(await api.tasks.get({ id: made.id })).toMatchObject({ listId: list.id, goalId: goal.id });
    expect(await api.tasks.get({ id: mine.id })).toMatchObject({ title: 'renamed', priority: 'high', status: 'done' });
    await expect(api.tasks.get({ id: kept.id })).rejects.toMatchObject({ cause: { code: 'NOT_FOUND' } });
  });

  it('changes nothing if something stands in the way, and names it', async () => {
    const { api, user, program, apiKeyId } = await withProgram();
    const since = await deps.changes.latest(user.id);
    const [first, second] = [await program.tasks.create({ title: 'a' }), await program.tasks.create({ title: 'b' })];
    const task = await api.tasks.create({ title: 'c' });
    await program.tasks.update({ id: task.id, title: 'd', notes: 'n' });
    await api.tasks.update({ id: task.id, title: 'e' });
    await expect(api.sync.undoSince({ since, madeBy: apiKeyId })).rejects.toMatchObject({
      cause: { code: 'CANNOT_UNDO', details: { fields: ['title'], rows: [`task ${task.id}`] } },
    });
    for (const { id } of [first, second]) expect((await api.tasks.get({ id })).deletedAt).toBeNull();
  });

  it('finds nothing of a session or a key that changed nothing, or is of another user', async () => {
    const [ada, bob] = [await withProgram(), await withProgram()];
    await ada.program.tasks.create({ title: 'a' });
    const refused = { cause: { code: 'NOT_FOUND' } };
    await expect(bob.api.sync.undoSince({ since: 0, madeBy: ada.apiKeyId })).rejects.toMatchObject(refused);
    await expect(ada.api.sync.undoSince({ since: 0, madeBy: uuidv7() })).rejects.toMatchObject(refused);
    expect((await ada.api.tasks.list({})).items).toHaveLength(1);
  });
});
