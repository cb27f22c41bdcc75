import { randomUUID } from 'node:crypto';
import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import {
  callAs,
  recordedJobs,
  requestContext,
  signUp,
  signUpVerified,
  type TestClock,
  testClock,
  testDeps,
} from '../../testing/index.ts';
import { mostKeys } from './create-api-key.ts';
import { keyPrefix } from './key-verifier.ts';

let deps: Deps;
let clock: TestClock;
const jobs = recordedJobs();

beforeAll(async () => {
  clock = testClock();
  deps = await testDeps(await testDatabase(), { clock, jobs });
});
afterAll(() => deps.db.close());
beforeEach(() => clock.set('2026-03-04T10:00:00.000Z'));

type Api = Awaited<ReturnType<typeof signUp>>['api'];

const plain = { name: 'Backup', scopes: ['tasks:read' as const] };
const failure = (code: string) => ({ cause: { code } });
const keyRow = (id: string) => deps.db.prisma.apiKey.findFirstOrThrow({ where: { id } });

/** What a refusal says, to the byte. */
async function refusalOf(key: string): Promise<string> {
  const ctx = await requestContext(deps, key);
  try {
    await callAs(deps, key).tasks.list({});
  } catch (error) {
    const { cause } = error as { cause?: { code: string; message: string; errors: unknown; details: unknown } };
    const { code, message, errors, details } = cause ?? { code: '', message: '', errors: null, details: null };
    return JSON.stringify([ctx.request.reply, code, message, errors, details]);
  }
  return 'OK';
}

async function makeAdmin(id: string, role: 'admin' | 'user' = 'admin') {
  await deps.db.prisma.user.update({ where: { id }, data: { role } });
}

describe('an API key', () => {
  it('is shown once, works at once within its scopes, and is stored only as a hash', async () => {
    const { api, user, email } = await signUpVerified(deps);
    const { key, apiKey } = await api.apiKeys.create({ ...plain, expiresInDays: 30 });
    expect(key).toMatch(/^alice_[\w-]{91}$/);
    expect(apiKey).toMatchObject({
      name: 'Backup',
      scopes: ['tasks:read'],
      hint: key.slice(-4),
      expiresAt: '2026-04-03T10:00:00.000Z',
      lastUsedAt: null,
      lastUsedAddress: null,
      endedAt: null,
      version: 1,
    });
    expect((await callAs(deps, key).tasks.list({})).items).toEqual([]);
    await expect(callAs(deps, key).tasks.create({ title: 't' })).rejects.toMatchObject(failure('INSUFFICIENT_SCOPE'));
    expect(jobs.mailsTo(email)).toContainEqual({ kind: 'api-key-created', to: email, name: 'Ada', keyName: 'Backup' });

    // Nothing that the database holds is the key, or leads to it.
    const row = await keyRow(apiKey.id);
    expect(Buffer.from(row.hash)).toHaveLength(32);
    const kept = JSON.stringify([
      row,
      await deps.db.prisma.activity
        .findMany({ where: { userId: user.id } })
        .then((lines) => lines.map(({ after }) => after)),
    ]);
    expect(kept).not.toContain(key.slice(keyPrefix.length, -4));
    const [line] = await deps.db.prisma.activity.findMany({ where: { userId: user.id, entity: 'api_key' } });
    expect(line?.after).not.toHaveProperty('hash');
  });

  it('is valid for 90 days by default, and expires on the second', async () => {
    const { api } = await signUp(deps);
    const { key, apiKey } = await api.apiKeys.create(plain);
    expect(apiKey.expiresAt).toBe('2026-06-02T10:00:00.000Z');
    clock.set('2026-06-02T09:59:59.999Z');
    await callAs(deps, key).tasks.list({});
    // It is remembered now, and still ends in time.
    clock.set('2026-06-02T10:00:00.000Z');
    expect(await refusalOf(key)).toContain('UNAUTHENTICATED');
  });

  it.each([
    { ...plain, scopes: [] },
    { ...plain, scopes: ['tasks:read', 'tasks:read'] },
    { ...plain, scopes: ['tasks:*'] },
    { ...plain, name: ' ' },
    { ...plain, name: 'x'.repeat(101) },
    { ...plain, expiresInDays: 0 },
    { ...plain, expiresInDays: 367 },
    { ...plain, expiresInDays: 1.5 },
    { ...plain, hash: 'x' },
  ])('cannot be created with %o', async (input) => {
    const { api } = await signUp(deps);
    await expect(api.apiKeys.create(input as typeof plain)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  it('requires recent authentication to be created or replaced, but not to be listed, renamed or revoked', async () => {
    const { api } = await signUp(deps);
    const { apiKey } = await api.apiKeys.create(plain);
    clock.advance({ minutes: 6 });
    await expect(api.apiKeys.create(plain)).rejects.toMatchObject(failure('FRESH_SIGN_IN_REQUIRED'));
    await expect(api.apiKeys.rotate({ id: apiKey.id })).rejects.toMatchObject(failure('FRESH_SIGN_IN_REQUIRED'));
    expect(await api.apiKeys.get({ id: apiKey.id })).toEqual(apiKey);
    const renamed = await api.apiKeys.rename({ id: apiKey.id, name: 'Nightly', expectedVersion: 1 });
    expect(renamed).toMatchObject({ name: 'Nightly', version: 2 });
    await expect(api.apiKeys.rename({ id: apiKey.id, name: 'x', expectedVersion: 1 })).rejects.toMatchObject({
      cause: { code: 'STALE_VERSION', message: 'The API key is at version 2, not 1; changed since then: name' },
    });
    expect((await api.apiKeys.revoke({ id: apiKey.id })).endedAt).not.toBeNull();
  });

  it('stops working at once when it is revoked, as do its streams; revoking it again changes nothing', async () => {
    const { api, user } = await signUp(deps);
    const { key, apiKey } = await api.apiKeys.create({ ...plain, scopes: ['tasks:read', 'sync:read'] });
    const byKey = callAs(deps, key);
    await byKey.tasks.list({});
    const stream = await byKey.sync.live();
    const reading = (async () => {
      for await (const _ of stream);
    })();
    const first = await api.apiKeys.revoke({ id: apiKey.id });
    expect(await refusalOf(key)).toContain('UNAUTHENTICATED');
    await expect(reading).rejects.toMatchObject({ code: 'UNAUTHENTICATED', message: 'Invalid API key' });
    expect(await api.apiKeys.revoke({ id: apiKey.id })).toEqual(first);
    const lines = await deps.db.prisma.activity.findMany({
      where: { userId: user.id, entity: 'api_key' },
      orderBy: { number: 'asc' },
    });
    expect(lines.map(({ action }) => action)).toEqual(['create', 'revoke']);
  });

  it('stays valid when its revocation does not commit', async () => {
    const { api, tokens } = await signUp(deps);
    const { key, apiKey } = await api.apiKeys.create(plain);
    const lost: Deps['db']['transaction'] = (work) =>
      deps.db.transaction(async (tx) => {
        await work(tx);
        throw new Error('the connection was lost');
      });
    const broken = { ...deps, db: { ...deps.db, transaction: lost } };
    const revoke = callAs(broken, tokens.accessToken, 'revoke-once').apiKeys.revoke({ id: apiKey.id });
    await expect(revoke).rejects.toThrow('the connection was lost');
    expect(await refusalOf(key)).toBe('OK');
    await callAs(deps, tokens.accessToken, 'revoke-once').apiKeys.revoke({ id: apiKey.id });
    expect(await refusalOf(key)).toContain('UNAUTHENTICATED');
  });

  it('is refused with the same bytes for every reason', async () => {
    const [one, other, locked] = [await signUp(deps), await signUp(deps), await signUp(deps)];
    const [revoked, revokedUnseen, expired] = await Promise.all([
      one.api.apiKeys.create(plain),
      one.api.apiKeys.create(plain),
      one.api.apiKeys.create({ ...plain, expiresInDays: 1 }),
    ]);
    const [theirs, lockedKey, lockedUnseen] = await Promise.all([
      other.api.apiKeys.create(plain),
      locked.api.apiKeys.create(plain),
      locked.api.apiKeys.create(plain),
    ]);
    for (const { key } of [revoked, expired, theirs, lockedKey]) expect(await refusalOf(key)).toBe('OK');
    await one.api.apiKeys.revoke({ id: revoked.apiKey.id });
    await one.api.apiKeys.revoke({ id: revokedUnseen.apiKey.id });
    await deps.db.prisma.user.update({ where: { id: locked.user.id }, data: { disabledAt: new Date() } });
    const isRemembered = [revoked, lockedKey];
    const refusals = new Set<string>();
    for (const { key } of [...isRemembered, revokedUnseen, lockedUnseen]) refusals.add(await refusalOf(key));
    clock.advance({ days: 1 });
    refusals.add(await refusalOf(expired.key));
    const bytes = Buffer.from(theirs.key.slice(keyPrefix.length), 'base64url');
    // Made by the right rule, for a key that is not there; and one whose person is another.
    const { makeBearerSecret } = await import('../../platform/crypto/bearer-secret.ts');
    refusals.add(await refusalOf(keyPrefix + makeBearerSecret(one.user.id, uuidv7(), deps.random).text));
    refusals.add(await refusalOf(keyPrefix + makeBearerSecret(one.user.id, theirs.apiKey.id, deps.random).text));
    refusals.add(await refusalOf(keyPrefix + makeBearerSecret(other.user.id, theirs.apiKey.id, deps.random).text));
    refusals.add(await refusalOf(keyPrefix + bytes.fill(7, 40, 44).toString('base64url')));
    for (const text of ['', 'x', 'null', 'A'.repeat(91), 'é'.repeat(91)])
      refusals.add(await refusalOf(keyPrefix + text));
    expect([...refusals]).toHaveLength(1);
    expect([...refusals][0]).toContain('UNAUTHENTICATED');
    expect(await refusalOf(theirs.key)).toBe('OK');
  });

  it('of another user looks like a missing one', async () => {
    const [one, other] = [await signUp(deps), await signUp(deps)];
    const { apiKey } = await other.api.apiKeys.create(plain);
    const failureOf = async (call: Promise<unknown>) => call.then(() => 'OK').catch((error: Error) => error.message);
    const calls: ((id: string) => Promise<unknown>)[] = [
      (id) => one.api.apiKeys.get({ id }),
      (id) => one.api.apiKeys.rename({ id, name: 'mine' }),
      (id) => one.api.apiKeys.revoke({ id }),
      (id) => one.api.apiKeys.rotate({ id }),
    ];
    for (const call of calls) {
      expect(await failureOf(call(apiKey.id))).toBe('API key not found');
      expect(await failureOf(call(uuidv7()))).toBe('API key not found');
    }
    expect((await one.api.apiKeys.list({ includeEnded: true })).items).toEqual([]);
    expect(await other.api.apiKeys.get({ id: apiKey.id })).toEqual(apiKey);
  });
});

describe('the list of API keys', () => {
  it('contains the active keys, newest first, in pages, and the inactive ones on request', async () => {
    const { api } = await signUp(deps);
    const made = [];
    for (const name of ['a', 'b', 'c', 'd']) made.push((await api.apiKeys.create({ ...plain, name })).apiKey);
    const short = (await api.apiKeys.create({ ...plain, name: 'short', expiresInDays: 1 })).apiKey;
    await api.apiKeys.revoke({ id: made[1]?.id ?? '' });
    clock.advance({ days: 1 });
    const namesOf = async (again: Api, input: { includeEnded?: boolean }) => {
      const names: string[] = [];
      for (let cursor: string | undefined, done = false; !done; ) {
        const page = await again.apiKeys.list({ ...input, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
        names.push(...page.items.map(({ name }) => name));
        cursor = page.nextCursor ?? undefined;
        done = page.nextCursor === null;
      }
      return names;
    };
    const { tokens } = await callAs(deps, null).auth.login({
      email: (await deps.db.prisma.user.findFirstOrThrow({ where: { apiKeys: { some: { id: short.id } } } })).email,
      password: 'correct horse battery staple',
    });
    const again = callAs(deps, tokens.accessToken);
    expect(await namesOf(again, {})).toEqual(['d', 'c', 'a']);
    expect(await namesOf(again, { includeEnded: true })).toEqual(['short', 'd', 'c', 'b', 'a']);
    expect(JSON.stringify(await again.apiKeys.list({ includeEnded: true }))).not.toContain('hash');
  });

  it('is limited to 50 active keys, however many are created at once', async () => {
    const { api } = await signUp(deps);
    for (let count = 0; count < mostKeys - 3; count += 1) await api.apiKeys.create(plain);
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => api.apiKeys.create(plain)));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
    const { items } = await api.apiKeys.list({ limit: 100 });
    expect(items).toHaveLength(mostKeys);
    const id = items[0]?.id ?? '';
    await expect(api.apiKeys.rotate({ id })).rejects.toMatchObject(failure('CONFLICT'));
    await api.apiKeys.revoke({ id });
    await api.apiKeys.create(plain);
    await expect(api.apiKeys.create(plain)).rejects.toMatchObject(failure('CONFLICT'));
  });
});

describe('replacing an API key', () => {
  it('creates one with the same name, scopes and lifetime, and keeps the old one valid for a day', async () => {
    const { api } = await signUp(deps);
    const old = await api.apiKeys.create({ ...plain, expiresInDays: 30 });
    await callAs(deps, old.key).tasks.list({});
    const next = await api.apiKeys.rotate({ id: old.apiKey.id });
    expect(next.apiKey).toMatchObject({ name: 'Backup', scopes: ['tasks:read'], expiresAt: old.apiKey.expiresAt });
    expect(next.apiKey.id).not.toBe(old.apiKey.id);
    expect((await api.apiKeys.get({ id: old.apiKey.id })).expiresAt).toBe('2026-03-05T10:00:00.000Z');
    clock.set('2026-03-05T09:59:59.000Z');
    expect([await refusalOf(old.key), await refusalOf(next.key)]).toEqual(['OK', 'OK']);
    clock.set('2026-03-05T10:00:00.000Z');
    expect(await refusalOf(old.key)).toContain('UNAUTHENTICATED');
    expect(await refusalOf(next.key)).toBe('OK');
  });

  it('never extends the lifetime of the old one, and is refused for a key that has ended', async () => {
    const { api } = await signUp(deps);
    const old = await api.apiKeys.create({ ...plain, expiresInDays: 1 });
    clock.advance({ minutes: 4 });
    await api.apiKeys.rotate({ id: old.apiKey.id });
    expect((await api.apiKeys.get({ id: old.apiKey.id })).expiresAt).toBe(old.apiKey.expiresAt);
    await api.apiKeys.revoke({ id: old.apiKey.id });
    await expect(api.apiKeys.rotate({ id: old.apiKey.id })).rejects.toMatchObject(failure('NOT_FOUND'));
  });

  it('ends a stream of the old key when the old key ends', async () => {
    const { api } = await signUp(deps);
    const old = await api.apiKeys.create({ ...plain, scopes: ['sync:read'] });
    await callAs(deps, old.key).sync.live();
    const { caller } = await requestContext(deps, old.key);
    await api.apiKeys.rotate({ id: old.apiKey.id });
    const { expiresAt } = await api.apiKeys.get({ id: old.apiKey.id });
    expect('expires' in caller ? caller.expires : null).toBeLessThanOrEqual(Date.parse(String(expiresAt)));
  });
});

describe('the role of the user', () => {
  it('gives a key access to administration only while the user is an administrator', async () => {
    const { api, user } = await signUp(deps);
    const scopes = ['accounts:read' as const, 'tasks:read' as const];
    await expect(api.apiKeys.create({ name: 'x', scopes })).rejects.toMatchObject(failure('FORBIDDEN'));
    await makeAdmin(user.id);
    const { key, apiKey } = await api.apiKeys.create({ name: 'x', scopes });
    const byKey = callAs(deps, key);
    await byKey.tasks.list({});
    expect((await byKey.users.list({ limit: 1 })).items).toHaveLength(1);
    await makeAdmin(user.id, 'user');
    await expect(byKey.users.list({})).rejects.toMatchObject(failure('FORBIDDEN'));
    await byKey.tasks.list({});
    await expect(api.apiKeys.rotate({ id: apiKey.id })).rejects.toMatchObject(failure('FORBIDDEN'));
  });
});

describe('an idempotency key', () => {
  it('returns the same API key once more, which is stored encrypted', async () => {
    const { tokens, user, email } = await signUpVerified(deps);
    const once = callAs(deps, tokens.accessToken, randomUUID());
    const first = await once.apiKeys.create(plain);
    expect(await once.apiKeys.create(plain)).toEqual(first);
    await expect(once.apiKeys.create({ ...plain, name: 'another' })).rejects.toMatchObject(
      failure('IDEMPOTENCY_KEY_REUSED'),
    );
    const replies = await deps.db.prisma.idempotencyKey.findMany({ where: { userId: user.id } });
    expect(replies).toHaveLength(1);
    expect(replies[0]?.reply).not.toContain(keyPrefix);
    expect(replies[0]?.reply).toMatch(/^[0-9a-f]{8}\.[\w-]+$/);
    expect(await deps.db.prisma.apiKey.count({ where: { userId: user.id } })).toBe(1);
    expect(jobs.mailsTo(email).filter(({ kind }) => kind === 'api-key-created')).toHaveLength(1);

    const turn = callAs(deps, tokens.accessToken, randomUUID());
    const rotated = await turn.apiKeys.rotate({ id: first.apiKey.id });
    expect(await turn.apiKeys.rotate({ id: first.apiKey.id })).toEqual(rotated);
    expect(await deps.db.prisma.apiKey.count({ where: { userId: user.id } })).toBe(2);
  });

  it('can also be used by a call with an API key', async () => {
    const { api } = await signUp(deps);
    const { key } = await api.apiKeys.create({ ...plain, scopes: ['tasks:write', 'tasks:read'] });
    const once = callAs(deps, key, randomUUID());
    const task = await once.tasks.create({ title: 'once' });
    expect(await once.tasks.create({ title: 'once' })).toEqual(task);
    expect((await callAs(deps, key).tasks.list({})).items).toHaveLength(1);
  });
});
