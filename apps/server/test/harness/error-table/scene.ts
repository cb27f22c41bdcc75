import { callAs, codeAt, signUp, testPassword } from '@alice/api/testing';
import { type House, openHouse } from '../../parity/house.ts';
import { buildWorld, type World } from '../../parity/world.ts';

/** Two servers with Ada on each, one of which takes two calls a minute, and what the placeholders of a request stand for. */
export interface Scene extends AsyncDisposable {
  readonly house: House;
  readonly token: string;
  readonly limitedHouse: House;
  readonly limitedToken: string;
  readonly placeholders: ReadonlyMap<string, string>;
  /** How much Ada has changed since the scene was set. */
  countChanges(): Promise<number>;
}

export async function setScene(): Promise<Scene> {
  const house = await openHouse();
  const { deps, clock } = house;
  const old = await buildWorld(house, 'old');
  await callAs(deps, null).auth.refresh({ refreshToken: old.person.refreshToken });
  clock.advance({ minutes: 17 });

  const early = await signUp(deps);
  clock.advance({ minutes: 6 });
  await guard(house, 'guarded@example.com');
  const ada = await buildWorld(house, 'ada');
  const api = callAs(deps, ada.person.accessToken);
  const login = () => callAs(deps, null).auth.login({ email: ada.person.email, password: ada.person.password });
  const { key } = await api.apiKeys.create({ name: 'Reader', scopes: ['tasks:read'] });
  const { tokens: signedOut } = await login();
  await callAs(deps, signedOut.accessToken).auth.logout();
  const overwritten = rowOf(ada, 'task', 1);
  await api.tasks.update({ id: overwritten, title: 'Test it' });
  const overwrittenChange = await deps.changes.latest(ada.person.id);
  await api.tasks.update({ id: overwritten, title: 'Test it well' });
  const { nextCursor } = await api.tasks.list({ limit: 1 });
  deps.runningKeys.add(`${ada.person.id} running`);

  const limitedHouse = await openHouse({ callsPerMinute: 2 });
  const account = { email: 'ada@example.com', password: ada.person.password, name: 'Ada' };
  const limited = await callAs(limitedHouse.deps, null).auth.register(account);
  const before = await deps.changes.latest(ada.person.id);
  return {
    house,
    countChanges: async () => (await deps.changes.latest(ada.person.id)) - before,
    token: ada.person.accessToken,
    limitedHouse,
    limitedToken: limited.tokens.accessToken,
    placeholders: new Map([
      ['task', rowOf(ada, 'task')],
      ["somebody else's task", rowOf(old, 'task')],
      ['cursor of another order', nextCursor ?? ''],
      ['Inbox', ada.person.id],
      ['overwritten change', String(overwrittenChange)],
      ['refresh token', ada.person.refreshToken],
      ['expired token', old.person.accessToken],
      ['used refresh token', old.person.refreshToken],
      ['signed-out token', signedOut.accessToken],
      ['token of six minutes ago', early.tokens.accessToken],
      ['key with read scopes', key],
    ]),
    async [Symbol.asyncDispose]() {
      await limitedHouse[Symbol.asyncDispose]();
      await house[Symbol.asyncDispose]();
    },
  };
}

/** Makes a person whose password is not enough. */
async function guard({ deps, clock }: House, email: string): Promise<void> {
  const { tokens } = await callAs(deps, null).auth.register({ email, password: testPassword, name: 'Guarded' });
  const api = callAs(deps, tokens.accessToken);
  const { secret } = await api.totp.enroll();
  await api.totp.confirm({ code: codeAt(secret, clock.now()) });
}

function rowOf({ rows }: World, entity: string, index = 0): string {
  const row = rows[entity]?.[index];
  if (row === undefined) throw new Error(`a world has a ${entity}`);
  return row.id;
}
