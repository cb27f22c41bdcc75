import { randomBytes } from 'node:crypto';
import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { expect, it } from 'vitest';
import { signUp, testClock, testDeps } from '../../testing/index.ts';
import { purgeTokens } from './purge-tokens.ts';

it('deletes all expired tokens, however many, and nothing else', async () => {
  await using db = await testDatabase();
  const clock = testClock();
  const deps = await testDeps(db, { clock });
  const { user } = await signUp(deps);
  const { prisma } = db;
  const at = (minutes: number) => new Date(clock.now().getTime() + minutes * 60_000);
  const token = (expiresAt: Date) => {
    const id = uuidv7();
    const row = { userId: user.id, id, purpose: 'reset_password' as const, hash: randomBytes(32), email: user.email };
    return { ...row, requestId: id, createdAt: clock.now(), expiresAt };
  };
  const challenge = (expiresAt: Date) => ({ hash: randomBytes(32), expiresAt });
  const many = `
    INSERT INTO one_time_tokens (user_id, id, purpose, hash, email, request_id, created_at, expires_at)
    SELECT $1, gen_random_uuid(), 'reset_password', '', 'x', gen_random_uuid(), $2, $2 FROM generate_series(1, 1500)`;
  await db.query({ text: many }, [user.id, at(-1).toISOString()]);
  await prisma.oneTimeToken.createMany({ data: [token(at(0)), token(at(1))] });
  await prisma.usedChallenge.createMany({ data: [challenge(at(-1)), challenge(at(0)), challenge(at(1))] });

  const stopping = new AbortController();
  const query: typeof db.query = (statement, values) => {
    stopping.abort();
    return db.query(statement, values);
  };
  // Told to stop in the midst of it, it begins no further step.
  expect(await purgeTokens({ ...deps, db: { ...db, prisma, query } }, stopping.signal)).toBe(1000);
  expect(await purgeTokens(deps)).toBe(503);
  // The one of the registration is there, too.
  expect(await prisma.oneTimeToken.count()).toBe(2);
  expect(await prisma.usedChallenge.count()).toBe(1);
  expect(await purgeTokens(deps)).toBe(0);
});
