import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { recordedJobs, signUpVerified, type TestClock, testClock, testDeps } from '../../testing/index.ts';
import { remindOfKeys } from './remind-of-keys.ts';

let db: Database;
let deps: Deps;
let clock: TestClock;
let jobs: ReturnType<typeof recordedJobs>;

beforeAll(async () => {
  db = await testDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  clock = testClock();
  jobs = recordedJobs();
  deps = await testDeps(db, { clock, jobs });
  await db.query({ text: 'DELETE FROM api_keys' }, []);
});

const reminders = (email: string) => jobs.mailsTo(email).filter(({ kind }) => kind === 'api-key-expires');

it('notifies the owner once, a week before a key expires', async () => {
  const { api, email } = await signUpVerified(deps);
  const { apiKey } = await api.apiKeys.create({ name: 'Backup', scopes: ['tasks:read'], expiresInDays: 30 });
  clock.advance({ days: 22, hours: 23 });
  expect(await remindOfKeys(deps)).toBe(0);
  clock.advance({ hours: 1 });
  expect(await remindOfKeys(deps)).toBe(1);
  expect(await remindOfKeys(deps)).toBe(0);
  expect(reminders(email)).toEqual([
    { kind: 'api-key-expires', to: email, name: 'Ada', keyName: 'Backup', at: apiKey.expiresAt },
  ]);
});

it('notifies in the second half of a short lifetime, and never about revoked, replaced or expired keys or to disabled users', async () => {
  const { api, email } = await signUpVerified(deps);
  const make = (name: string, expiresInDays: number) =>
    api.apiKeys.create({ name, scopes: ['tasks:read'], expiresInDays }).then(({ apiKey: { id } }) => id);
  await make('short', 2);
  const [revoked, replaced] = [await make('revoked', 3), await make('replaced', 3)];
  await api.apiKeys.revoke({ id: revoked });
  await api.apiKeys.rotate({ id: replaced });
  const locked = await signUpVerified(deps);
  await locked.api.apiKeys.create({ name: 'x', scopes: ['tasks:read'], expiresInDays: 2 });
  await db.query({ text: 'UPDATE users SET disabled_at = now() WHERE id = $1' }, [locked.user.id]);
  expect(await remindOfKeys(deps)).toBe(0);
  clock.advance({ days: 1 });
  expect(await remindOfKeys(deps)).toBe(1);
  expect(reminders(email)).toMatchObject([{ keyName: 'short' }]);
  clock.advance({ days: 100 });
  expect(await remindOfKeys(deps)).toBe(0);
});

it('notifies once per key, in batches, however many processes run at the same time', async () => {
  const { user, email } = await signUpVerified(deps);
  const many = 250;
  await db.query(
    {
      text: `
        INSERT INTO api_keys (user_id, id, name, hash, hint, scopes, expires_at, created_at, updated_at)
        SELECT $1, gen_random_uuid(), 'key ' || n, '\\x00', 'hint', '{tasks:read}', $2::timestamptz + interval '1 day', $2::timestamptz - interval '80 days', $2
          FROM generate_series(1, $3) n`,
    },
    [user.id, clock.now().toISOString(), many],
  );
  const counts = await Promise.all(Array.from({ length: 4 }, () => remindOfKeys(deps)));
  // What one has at hand the others leave to it: nothing is lost, and nothing is told twice.
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(many);
  expect(new Set(reminders(email).map((mail) => ('keyName' in mail ? mail.keyName : ''))).size).toBe(many);
  expect(reminders(email)).toHaveLength(many);
});

it('marks no key as notified when the email cannot be enqueued', async () => {
  const { api, email } = await signUpVerified(deps);
  await api.apiKeys.create({ name: 'Backup', scopes: ['tasks:read'], expiresInDays: 1 });
  clock.advance({ hours: 12 });
  const broken = { ...deps, jobs: { send: () => Promise.reject(new Error('no queue')) } };
  await expect(remindOfKeys(broken)).rejects.toThrow('no queue');
  expect(await remindOfKeys(deps)).toBe(1);
  expect(reminders(email)).toHaveLength(1);
});
