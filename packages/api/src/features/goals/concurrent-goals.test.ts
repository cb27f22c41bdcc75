import { testDatabase, testRounds } from '@alice/db/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { signUp, testDeps } from '../../testing/index.ts';

let deps: Deps;
beforeAll(async () => {
  deps = await testDeps(await testDatabase());
});
afterAll(() => deps.db.close());

const writers = 12;
const rounds = 15 * testRounds();

/** Runs `act` for each writer, one round after another, all writers at once. */
async function race<T>(act: (writer: number, round: number) => Promise<T>): Promise<T[]> {
  const all = await Promise.all(
    Array.from({ length: writers }, async (_, writer) => {
      const done: T[] = [];
      for (let round = 0; round < rounds; round += 1) done.push(await act(writer, round));
      return done;
    }),
  );
  return all.flat();
}

/** Each title that the goal has had, by the version that had it. */
async function titlesByVersion(userId: string, id: string): Promise<Map<number, string>> {
  const lines = await deps.db.prisma.activity.findMany({
    where: { userId, entityId: id },
    orderBy: { number: 'asc' },
    select: { after: true },
  });
  const titles = new Map<number, string>();
  let title = '';
  for (const { after } of lines as { after: { version?: number; title?: string } }[]) {
    title = after.title ?? title;
    titles.set(after.version ?? 1, title);
  }
  return titles;
}

it('each concurrent update of a goal returns the state after its own change', { timeout: 60_000 }, async () => {
  const { api } = await signUp(deps);
  const { id } = await api.goals.create({ title: 'first' });
  const told = await race(async (writer, round) => {
    const title = `${writer}-${round}`;
    const reply = await api.goals.update({ id, title });
    return { title, reply };
  });
  expect(told.filter(({ title, reply }) => reply.title !== title)).toEqual([]);
  expect(new Set(told.map(({ reply }) => reply.version)).size).toBe(writers * rounds);
});

it('no concurrent update gets 404 after its change, or the state of another change', { timeout: 60_000 }, async () => {
  const { api, user } = await signUp(deps);
  const { id } = await api.goals.create({ title: 'first' });
  const ask = <Goal>(act: Promise<Goal>) =>
    act.catch((error: { cause?: { code?: string } }) => {
      if (error.cause?.code === 'NOT_FOUND') return null;
      throw error;
    });
  const replies = await race(async (writer, round) => {
    if (writer % 3 === 0) return { act: 'restore', reply: await ask(api.goals.restore({ id })) };
    if (writer % 3 === 1) return { act: 'delete', reply: await ask(api.goals.delete({ id })) };
    return { act: 'update', reply: await ask(api.goals.update({ id, title: `${writer}-${round}` })) };
  });
  const titles = await titlesByVersion(user.id, id);
  const done = replies.flatMap(({ act, reply }) => (reply === null ? [] : [{ act, reply }]));
  for (const { act, reply } of done) {
    expect([act, reply.deletedAt === null]).toEqual([act, act !== 'delete']);
    expect([act, reply.version, reply.title]).toEqual([act, reply.version, titles.get(reply.version)]);
  }
  // What was refused changed nothing: each version but the first was somebody's reply.
  const versions = new Set(done.map(({ reply }) => reply.version));
  const unseen = [...titles.keys()].filter((version) => version > 1 && !versions.has(version));
  expect(unseen).toEqual([]);
});

it('returns the progress at the time of the change', { timeout: 60_000 }, async () => {
  const { api } = await signUp(deps);
  const { id } = await api.goals.create({ title: 'first', progressSource: 'tasks' });
  const counted = await race(async (writer, round) => {
    if (writer % 2 === 0) {
      await api.tasks.create({ title: `${writer}-${round}`, goalId: id });
      return null;
    }
    const { progress, version } = await api.goals.update({ id, title: `${writer}-${round}` });
    return { total: progress.tasks.total, version };
  });
  const inOrder = counted.flatMap((one) => one ?? []).sort((one, other) => one.version - other.version);
  // Tasks only come: of two changes of the goal the later one has seen no fewer.
  const totals = inOrder.map(({ total }) => total);
  expect(totals).toEqual([...totals].sort((one, other) => one - other));
});
