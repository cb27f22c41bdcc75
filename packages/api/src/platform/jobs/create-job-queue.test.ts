import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testLog } from '../../testing/index.ts';
import { createSealer } from '../crypto/seal.ts';
import type { Mail } from '../mail/mails.ts';
import { createJobQueue, type Job, type JobHandlers, type RunningJobQueue } from './create-job-queue.ts';
import { type QueueSettings, timings } from './settings.ts';

const sealer = createSealer(['a secret of these tests, and of nothing else'], randomBytes);
const token = 'a-token-that-opens-an-account';
const mail: Mail = { kind: 'reset-password', to: 'ada@example.com', name: 'Ada Lovelace', token };
const failedSignIn = { email: 'ada@example.com', address: null, userAgent: null, at: '2026-03-04T10:00:00.000Z' };
const hasty = { retrySeconds: 0, pollSeconds: 0.5, superviseSeconds: 1, expireSeconds: 2 };
const { mail: ofMails } = timings.queues;

let db: Database;
let log: ReturnType<typeof testLog>;
let done: Job<Mail>[];
let queues: RunningJobQueue[];

beforeEach(async () => {
  db = await testDatabase({ refuseIdleTransactions: false });
  log = testLog();
  done = [];
  queues = [];
});
afterEach(async () => {
  for (const queue of queues) await queue.stop();
  await db.close();
});

async function queueOf(settings: Partial<QueueSettings> = {}, handlers: Partial<JobHandlers> = {}) {
  const queue = createJobQueue({ db, log, sealer, isWorking: true, settings });
  await queue.start();
  queues.push(queue);
  await queue.work({
    'failed-sign-in': async () => undefined,
    'password-reset': async () => undefined,
    mail: async (job) => {
      done.push(job);
    },
    ...handlers,
  });
  return queue;
}

const kept = () =>
  db.query<{ name: string; state: string; row: string }>(
    { text: 'SELECT name, state, j::text AS row FROM pgboss.job j ORDER BY created_on' },
    [],
  );
const soon = { timeout: 10_000, interval: 20 };

describe('a job', () => {
  it('from this process starts at once, although the queue polls only every five seconds', async () => {
    const queue = await queueOf();
    await sleep(100);
    const sentAt = performance.now();
    await queue.send('mail', mail);
    await expect.poll(() => done.length, soon).toBe(1);
    expect(performance.now() - sentAt).toBeLessThan(2000);
    expect(done[0]?.data).toEqual(mail);
  });

  it('among many lets other requests run first, even when the embedded database answers immediately', async () => {
    const order: string[] = [];
    const record = async ({ data }: Job<{ readonly email: string }>) => {
      order.push(data.email);
      setImmediate(() => order.push('a request'));
    };
    const queue = await queueOf({ pollSeconds: 0.5 }, { 'failed-sign-in': record });
    await db.transaction(async ({ query }) => {
      for (const email of ['one', 'two', 'three'])
        await queue.send('failed-sign-in', { ...failedSignIn, email }, { query });
    });
    await expect.poll(() => order.length, soon).toBe(6);
    expect(order).toEqual(['one', 'a request', 'two', 'a request', 'three', 'a request']);
  });

  it('runs once after its transaction commits, and not before', async () => {
    const queue = await queueOf();
    await sleep(100);
    await db.transaction(async (tx) => {
      await queue.send('mail', mail, { query: tx.query });
      await sleep(300);
      expect(done).toEqual([]);
    });
    const committedAt = performance.now();
    await expect.poll(() => done.length, soon).toBe(1);
    expect(performance.now() - committedAt).toBeLessThan(2000);
    await sleep(500);
    expect(done).toHaveLength(1);
  });

  it('is not sent when its transaction rolls back', async () => {
    const queue = await queueOf({ pollSeconds: 0.5 });
    const sent = db.transaction(async (tx) => {
      await queue.send('mail', mail, { query: tx.query });
      throw new Error('never mind');
    });
    await expect(sent).rejects.toThrow('never mind');
    await sleep(1200);
    expect(done).toEqual([]);
    expect(await kept()).toEqual([]);
  });

  it('is stored encrypted: the database reveals neither its data nor its error', async () => {
    const queues = { ...timings.queues, mail: { ...ofMails, tries: 2 } };
    const fails = async () => Promise.reject(new Error(`no way to ${token}`));
    const queue = await queueOf({ ...hasty, queues }, { mail: fails });
    await queue.send('mail', mail);
    await expect.poll(async () => (await kept()).some(({ name }) => name === 'dead'), soon).toBe(true);
    const text = JSON.stringify(await kept());
    for (const secret of [token, mail.to, mail.name]) expect(text).not.toContain(secret);
    expect(text).toContain('sealed');
  });

  it('starts no earlier than its start time', async () => {
    const queue = await queueOf(hasty);
    const startAfter = new Date(Date.now() + 1500);
    await queue.send('mail', mail, { startAfter });
    await expect.poll(() => done.length, soon).toBe(1);
    expect(Date.now()).toBeGreaterThanOrEqual(startAfter.getTime());
  });

  it('that fails five times is logged as dead, and blocks no other', async () => {
    const tried: string[] = [];
    let others = 0;
    const queue = await queueOf(hasty, {
      'password-reset': async ({ id, data }) => {
        if (data.email === 'poison@example.com') {
          tried.push(id);
          throw new Error('poison');
        }
        others += 1;
      },
    });
    await queue.send('password-reset', { email: 'poison@example.com' });
    for (let count = 0; count < 10; count += 1) await queue.send('password-reset', { email: 'ada@example.com' });
    await expect.poll(() => others, soon).toBe(10);
    await expect.poll(async () => (await kept()).filter(({ name }) => name === 'dead').length, soon).toBe(1);
    await sleep(700);
    expect(tried).toHaveLength(5);
    expect(new Set(tried).size).toBe(1);
    expect(log.lines.filter(({ level }) => level === 'error')).toMatchObject([
      { fields: { job: 'password-reset', try: 5 } },
    ]);
  });

  it('that sends an email has more retries, since its server may be down for a night', async () => {
    let tried = 0;
    const queue = await queueOf(hasty, {
      mail: async (job) => {
        tried += 1;
        if (tried <= 6) throw new Error('away');
        done.push(job);
      },
    });
    await queue.send('mail', mail);
    await expect.poll(() => done.length, soon).toBe(1);
    expect(log.lines.map(({ level }) => level)).toEqual(Array.from({ length: 6 }, () => 'warn'));
  });

  it('of a killed process is taken over by another one', async () => {
    const taken: string[] = [];
    // As long as this process lives, its first try never ends: to the database it looks killed.
    const queues = { ...timings.queues, mail: { ...ofMails, workers: 1 } };
    const killed = await queueOf(
      { ...hasty, queues },
      {
        mail: async ({ id }) => {
          taken.push(id);
          await new Promise(() => undefined);
        },
      },
    );
    await killed.send('mail', mail);
    await expect.poll(() => taken.length, soon).toBe(1);
    await queueOf(hasty);
    await expect.poll(() => done.map(({ id }) => id), { timeout: 15_000 }).toEqual(taken);
  }, 30_000);
});

describe('a job queue', () => {
  it('stops taking jobs on request, lets the running one finish, and can still send', async () => {
    const started = Promise.withResolvers<void>();
    const queue = await queueOf(hasty, {
      mail: async (job) => {
        started.resolve();
        await sleep(500);
        done.push(job);
      },
    });
    await queue.send('mail', mail);
    await started.promise;
    await queue.stop();
    expect(done).toHaveLength(1);
    await queue.send('mail', mail);
    await sleep(1200);
    expect(done).toHaveLength(1);
    expect((await kept()).map(({ state }) => state)).toEqual(['completed', 'created']);
  });

  it('that only sends leaves the work to others', async () => {
    const sender = createJobQueue({ db, log, sealer, isWorking: false });
    await sender.start();
    queues.push(sender);
    await sender.send('mail', mail);
    await sender.send('failed-sign-in', failedSignIn);
    await sleep(300);
    expect((await kept()).map(({ state }) => state)).toEqual(['created', 'created']);
    await queueOf();
    await expect.poll(async () => (await kept()).map(({ state }) => state), soon).toEqual(['completed', 'completed']);
  });

  it('can be started by ten processes at once, and again', async () => {
    const many = Array.from({ length: 10 }, () => createJobQueue({ db, log, sealer, isWorking: false }));
    queues.push(...many);
    await Promise.all(many.map((queue) => queue.start()));
    const again = createJobQueue({ db, log, sealer, isWorking: false });
    queues.push(again);
    await again.start();
    const rows = await db.query<{ name: string; retryLimit: number; longestDelay: number; deadLetter: string }>(
      {
        text: `SELECT name, retry_limit AS "retryLimit", retry_delay_max AS "longestDelay", dead_letter AS "deadLetter"
                 FROM pgboss.queue ORDER BY name`,
      },
      [],
    );
    expect(rows.filter(({ name }) => name !== 'dead')).toEqual(
      Object.keys(timings.queues)
        .sort()
        .map((name) => ({ name, retryLimit: name === 'mail' ? 19 : 4, longestDelay: 3600, deadLetter: 'dead' })),
    );
  });

  it('runs each job that was sent while it was busy once, one after another', async () => {
    const queue = await queueOf();
    const ids = Array.from({ length: 60 }, () => `${randomUUID()}@example.com`);
    await Promise.all(ids.map((to) => queue.send('mail', { ...mail, to })));
    await expect.poll(() => done.length, { timeout: 20_000 }).toBe(60);
    await sleep(300);
    expect(done.map(({ data }) => data.to).sort()).toEqual(ids.sort());
  }, 30_000);
});
