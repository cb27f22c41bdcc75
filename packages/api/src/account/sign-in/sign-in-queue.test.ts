import { testDatabase } from '@alice/db/testing';
import { expect, it } from 'vitest';
import { signInFrom } from '../../testing/attack.ts';
import { signUp, testDeps } from '../../testing/index.ts';
import { createPasswordHasher } from '../passwords/password-hasher.ts';

const hashing = { memoryCost: 1024, timeCost: 2, parallelism: 1, concurrency: 1, maxWaiting: 3 };

it('refuses at once when the queue is full, and works again afterwards', async () => {
  const passwords = await createPasswordHasher(hashing);
  expect(() => passwords.requireRoom()).not.toThrow();
  const all = Array.from({ length: 10 }, (_, index) => passwords.verifyNobody(`${index}`));
  expect(() => passwords.requireRoom()).toThrow('Too many concurrent sign-ins');
  const results = await Promise.allSettled(all);
  // One runs and three wait.
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(4);
  expect(results.at(-1)).toMatchObject({ reason: { code: 'BUSY', retryAfterSeconds: 1 } });
  expect(await passwords.verifyNobody('again')).toBe(false);
});

it('makes no query for a sign-in that it refuses', async () => {
  await using db = await testDatabase();
  const plain = await testDeps(db);
  const owner = await signUp(plain);
  const passwords = await createPasswordHasher(hashing);
  const statements: (string | undefined)[] = [];
  const query: typeof db.query = (statement, values) => {
    statements.push(statement.name);
    return db.query(statement, values);
  };
  const deps = { ...plain, passwords, db: { ...db, query } };
  const waiting = Array.from({ length: 4 }, () => passwords.verifyNobody('anything'));
  expect(await signInFrom(deps, '192.0.2.7', { email: owner.email, password: 'anything' })).toBe('BUSY');
  expect(statements).toEqual([]);
  await Promise.all(waiting);
  expect(await signInFrom(deps, '192.0.2.7', { email: owner.email, password: 'anything' })).toBe('INVALID_CREDENTIALS');
  expect(statements).not.toEqual([]);
});
