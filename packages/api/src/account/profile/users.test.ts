import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { callAs, signUp, testDeps } from '../../testing/index.ts';

let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase());
});
afterAll(() => deps.db.close());

describe('users', () => {
  it('can read and update their own profile', async () => {
    const { api, user } = await signUp(deps, { name: 'Ada' });
    expect(await api.users.me()).toEqual(user);
    const updated = await api.users.update({ name: 'Ada Lovelace', timeZone: 'Europe/London', expectedVersion: 1 });
    expect(updated).toEqual({ ...user, name: 'Ada Lovelace', timeZone: 'Europe/London', version: 2 });
    await expect(api.users.update({ name: 'x', expectedVersion: 1 })).rejects.toMatchObject({
      cause: { code: 'STALE_VERSION' },
    });
    expect(await api.users.me()).toEqual(updated);
  });

  it.each([
    { name: ' ' },
    { timeZone: 'Mars/Olympus' },
    { timeZone: 'AET' },
    { timeZone: 'CET' },
    { timeZone: '+02:00' },
    { role: 'admin' },
    { email: 'x@example.com' },
  ])('cannot set %o', async (input) => {
    const { api, user } = await signUp(deps);
    await expect(api.users.update(input)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(await api.users.me()).toEqual(user);
  });

  it('cannot read it without a token, or after they were deleted', async () => {
    await expect(callAs(deps, null).users.me()).rejects.toMatchObject({ cause: { code: 'UNAUTHENTICATED' } });
    const { api, user } = await signUp(deps);
    await deps.db.prisma.user.delete({ where: { id: user.id } });
    await expect(api.users.me()).rejects.toMatchObject({ cause: { code: 'NOT_FOUND' } });
    await expect(api.tasks.create({ title: 't' })).rejects.toMatchObject({ cause: { code: 'UNAUTHENTICATED' } });
    await expect(api.insights.overview()).rejects.toMatchObject({ cause: { code: 'NOT_FOUND' } });
  });
});
