import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { run } from '../fixtures/run.ts';
import { acquireLock, DataDirectoryInUse } from './lock.ts';
import { processStart } from './process-identity.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alice-lock-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const writeLock = (n: number, owner: object): Promise<void> =>
  writeFile(join(directory, `postgres.lock.${n}`), JSON.stringify(owner));
const me = () => ({ pid: process.pid, started: processStart(process.pid), host: hostname() });

/** The PID of a process that has ended. */
async function deadPid(): Promise<number> {
  const { child, ended } = run('no-such-script.ts', []);
  await ended;
  if (child.pid === undefined) throw new Error('no process was started');
  return child.pid;
}

test('a living owner refuses a second one, naming its PID and the directory, and nothing is written', async () => {
  const lock = await acquireLock(directory);
  const before = await readdir(directory);
  const refusal = await acquireLock(directory).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(DataDirectoryInUse);
  expect(refusal).toMatchObject({
    pid: process.pid,
    directory,
    message: `the data directory ${directory} is in use by process ${process.pid}`,
  });
  expect(await readdir(directory)).toEqual(before);

  await lock.release();
  await (await acquireLock(directory)).release();
});

test('a directory that is not there yet is made for its owner alone', async () => {
  const inner = join(directory, 'a', 'b');
  await (await acquireLock(inner)).release();
  expect(await readdir(inner)).toEqual(['postgres.lock.1']);
});

test('the lock of a dead process is taken over, and so are its remains', async () => {
  await writeLock(7, { ...me(), pid: await deadPid() });
  await writeFile(join(directory, 'postgres.lock.draft-x'), '{}');
  const lock = await acquireLock(directory);
  expect(await readdir(directory)).toEqual(['postgres.lock.8']);
  expect(JSON.parse(await readFile(join(directory, 'postgres.lock.8'), 'utf8'))).toEqual(me());
  await lock.release();
});

test('a PID that now belongs to another process is no owner', async () => {
  await writeLock(1, { ...me(), started: 'another-boot/1' });
  await (await acquireLock(directory)).release();
});

test('a lock that a power failure cut short has no owner', async () => {
  await writeFile(join(directory, 'postgres.lock.1'), '{"pid": 12');
  await (await acquireLock(directory)).release();
});

test('an owner on another machine cannot be judged: it refuses, and says what to do', async () => {
  await writeLock(3, { ...me(), host: 'elsewhere', pid: await deadPid() });
  await expect(acquireLock(directory)).rejects.toThrow(
    /on elsewhere; if that machine is gone for good, remove .*postgres\.lock\.3$/,
  );
});

test('of many who take over a stale lock at once, one wins', async () => {
  const pid = await deadPid();
  for (let round = 0; round < 40; round++) {
    for (const file of await readdir(directory)) await rm(join(directory, file));
    await writeLock(5, { ...me(), pid });
    const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => acquireLock(directory)));
    const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(DataDirectoryInUse);
  }
});

test('owners that come and go in a crowd never overlap', async () => {
  let owners = 0;
  let turns = 0;
  const contender = async (): Promise<void> => {
    for (let i = 0; i < 60; i++) {
      const lock = await acquireLock(directory).catch(() => null);
      if (lock === null) continue;
      owners += 1;
      turns += 1;
      expect(owners).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 1));
      owners -= 1;
      await lock.release();
    }
  };
  await Promise.all(Array.from({ length: 8 }, contender));
  expect(turns).toBeGreaterThan(8);
  expect(await readdir(directory)).toHaveLength(1);
});
