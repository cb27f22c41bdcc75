import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { callAs, signUp, testDeps, testLog } from '../../testing/index.ts';
import { createSessionGate } from './session-gate.ts';

let db: Database;
const clock = { now: () => new Date() };

/** Makes the database's clock one that can be stepped, for every connection from now on. */
async function injectClock(): Promise<void> {
  const run = (text: string) => db.query({ text }, []);
  await run('CREATE TABLE clock_step (step interval NOT NULL)');
  await run(`INSERT INTO clock_step VALUES ('0')`);
  await run(`CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
    'SELECT pg_catalog.clock_timestamp() + step FROM public.clock_step'`);
  await run(
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, pg_catalog', current_database()); END $$`,
  );
  await run(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );
  await run('SELECT pg_terminate_backend(pg_backend_pid())').catch(() => undefined);
}
const step = (by: string) => db.query({ text: 'UPDATE clock_step SET step = step + $1::interval' }, [by]);

beforeAll(async () => {
  db = await testDatabase();
  await injectClock();
});
afterAll(() => db.close());
beforeEach(() => db.query({ text: `UPDATE clock_step SET step = '0'` }, []));

/** Another process, whose clocks stand still until they are moved: when it reads is the test's to say. */
async function anotherProcess() {
  const here = await testDeps(db, { clock });
  const clocks = { monotonic: 0, wall: 0 };
  const sessions = createSessionGate(db, testLog(), {
    accessSeconds: 900,
    monotonicMs: () => clocks.monotonic,
    wallMs: () => clocks.wall,
  });
  const pass = (ms: number) => {
    clocks.monotonic += ms;
    clocks.wall += ms;
  };
  return { here, there: { ...here, sessions }, clocks, pass };
}
const ended = { cause: { code: 'UNAUTHENTICATED', message: 'This session has ended' } };

it.each(['1 minute', '-1 minute', '1 hour', '-1 hour'])(
  'F19: misses no revocation when the database clock jumps by %s',
  async (by) => {
    const { here, there, pass } = await anotherProcess();
    const [before, after, stays] = await Promise.all([signUp(here), signUp(here), signUp(here)]);
    const elsewhere = (person: typeof before) => callAs(there, person.tokens.accessToken).users.me();
    await elsewhere(stays);
    await before.api.auth.logout();
    await step(by);
    await after.api.auth.logout();
    pass(1000);
    await expect(elsewhere(before)).rejects.toMatchObject(ended);
    await expect(elsewhere(after)).rejects.toMatchObject(ended);
    expect((await elsewhere(stays)).id).toBe(stays.user.id);
  },
);

it.each(['1 minute', '-1 minute'])(
  'F19: a process that has just started knows the sessions that ended before a clock jump of %s',
  async (by) => {
    const { here, there } = await anotherProcess();
    const person = await signUp(here);
    await person.api.auth.logout();
    // As long ago as an access token of it may live.
    await db.query({ text: `UPDATE sessions SET ended_at = ended_at - interval '15 minutes' WHERE user_id = $1` }, [
      person.user.id,
    ]);
    await step(by);
    await expect(callAs(there, person.tokens.accessToken).users.me()).rejects.toMatchObject(ended);
  },
);

it.each([10, 600, 900])(
  'F19: after %i s of suspension a machine reads the revocations before it accepts calls',
  async (seconds) => {
    const { here, there, clocks } = await anotherProcess();
    const [person, other] = await Promise.all([signUp(here), signUp(here)]);
    const elsewhere = (who: typeof person) => callAs(there, who.tokens.accessToken).users.me();
    await elsewhere(person);
    // Everybody's time passes but that of this machine.
    await person.api.auth.logout();
    await step(`${seconds} seconds`);
    clocks.wall += seconds * 1000;
    await expect(elsewhere(person)).rejects.toMatchObject(ended);
    expect((await elsewhere(other)).id).toBe(other.user.id);
  },
);
