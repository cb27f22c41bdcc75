import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DatabaseLog } from '../database.ts';
import { testRounds } from '../env.ts';
import { databaseFault } from '../errors.ts';
import { type MadeDirectories, makeDirectories } from '../fixtures/made-directories.ts';
import { run } from '../fixtures/run.ts';
import { openDatabase } from '../open.ts';
import { sql } from '../statement.ts';
import { joinDatabase } from './join.ts';
import { ownDirectory } from './own-directory.ts';

const script = 'open-directory.ts';
/** Starting processes takes what the machine has left; what is promised in seconds is measured, not left to a timeout. */
const timeout = 120_000;

let made: MadeDirectories;
beforeAll(async () => {
  made = await makeDirectories();
});
afterAll(() => made.remove());

let parent: string;
let dataDir: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'alice-data-'));
  dataDir = join(parent, 'data');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

interface Line {
  readonly level: string;
  readonly message: string;
}
function rememberingLog(): DatabaseLog & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (_fields: object, message: string) => void lines.push({ level, message });
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

/** The PID of the PostgreSQL on a data directory. */
async function postgresPid(directory: string): Promise<number> {
  return Number.parseInt(await readFile(join(directory, 'postgresql', 'postmaster.pid'), 'utf8'), 10);
}

/** Whether a process runs; a zombie does not. */
async function isRunning(pid: number): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return line !== '' && !/\) Z /.test(line);
}

describe('a data directory', { timeout }, () => {
  test('keeps committed data, is closed to other users, and opens again', async () => {
    {
      await using database = await openDatabase({ dataDir });
      await database.query({ text: 'CREATE TABLE kept (id int)' }, []);
      await database.query({ text: 'INSERT INTO kept VALUES (1)' }, []);
    }
    await using database = await openDatabase({ dataDir });
    expect(await database.query({ text: 'SELECT id FROM kept' }, [])).toEqual([{ id: 1 }]);
    const [row] = await database.query<{ fsync: string; checksums: string }>(
      { text: `SELECT current_setting('fsync') AS fsync, current_setting('data_checksums') AS checksums` },
      [],
    );
    expect(row).toEqual({ fsync: 'on', checksums: 'on' });
    for (const path of [dataDir, join(dataDir, 'postgresql')]) expect((await stat(path)).mode & 0o777).toBe(0o700);
  });

  test('can be owned before it is opened, until the database is closed', async () => {
    const inUse = `in use by process ${process.pid}`;
    const owned = await ownDirectory({ dataDir });
    await expect(openDatabase({ dataDir })).rejects.toThrow(inUse);
    const database = await openDatabase({ dataDir, owned });
    await database.ping();
    await expect(ownDirectory({ dataDir })).rejects.toThrow(inUse);
    await database.close();
    await (await ownDirectory({ dataDir })).release();
  });

  test('is given up if it could not be opened', async () => {
    const owned = await ownDirectory({ dataDir });
    await mkdir(join(dataDir, 'postgresql'));
    await expect(openDatabase({ dataDir, owned })).rejects.toThrow('is not a database');
    await rm(join(dataDir, 'postgresql'), { recursive: true });
    await (await ownDirectory({ dataDir })).release();
  });

  test('can have a long path with spaces and letters of any language', async () => {
    const long = join(parent, 'ä ö', 'x'.repeat(100), 'y'.repeat(100));
    await mkdir(long, { recursive: true });
    await made.copyTo(join(long, 'data'));
    const first = run(script, [join(long, 'data')]);
    await first.says('open');
    await using joined = await joinDatabase({ dataDir: join(long, 'data') });
    await joined.ping();
    await joined.close();
    first.child.stdin.end();
    expect(await first.ended).toMatchObject({ code: 0, err: '' });
  });

  test('refuses a second process at once, names the first, and is free when the first has closed', async () => {
    await made.copyTo(dataDir);
    const first = run(script, [dataDir]);
    await first.says('open');
    const before = await readdir(dataDir);
    const refusal = `the data directory ${dataDir} is in use by process ${first.child.pid}`;
    expect(await run(script, [dataDir]).ended).toEqual({ code: 1, out: '', err: `${refusal}\n` });
    // Measured here, where the code is loaded: how long a process takes to start is the machine's affair.
    const began = performance.now();
    await expect(openDatabase({ dataDir })).rejects.toThrow(refusal);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(await readdir(dataDir)).toEqual(before);

    first.child.stdin.end();
    expect(await first.ended).toMatchObject({ code: 0, err: '' });
    await (await openDatabase({ dataDir })).close();
  });

  test('can be used by commands while its owner runs, which keeps running', async () => {
    await made.copyTo(dataDir);
    await using owner = await openDatabase({ dataDir });
    await owner.query({ text: 'CREATE TABLE shared (id int)' }, []);
    {
      await using joined = await joinDatabase({ dataDir });
      await joined.query({ text: 'INSERT INTO shared VALUES (7)' }, []);
    }
    expect(await owner.query({ text: 'SELECT id FROM shared' }, [])).toEqual([{ id: 7 }]);
  });

  test.each([
    ['of another major version', 'postgresql', '17\n', 'is a database of PostgreSQL 17'],
    ['of PGlite', 'postgres', '18\n', 'is a database of PGlite'],
    ['that is not a database', 'postgresql', null, 'is not a database (PG_VERSION is missing)'],
  ])('%s is refused in one sentence and not changed', async (_name, folder, version, sentence) => {
    await mkdir(join(dataDir, folder), { recursive: true });
    await writeFile(join(dataDir, folder, version === null ? 'letter.txt' : 'PG_VERSION'), version ?? 'dear');
    const before = await readdir(dataDir, { recursive: true });
    const refusal = await openDatabase({ dataDir }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ name: 'EmbeddedDatabaseError', message: expect.stringContaining(sentence) });
    expect(String(refusal)).not.toContain('\n');
    expect(await readdir(dataDir, { recursive: true })).toEqual(before);
  });

  test('that PostgreSQL cannot open is refused with the message of PostgreSQL', async () => {
    await made.copyTo(dataDir);
    const control = join(dataDir, 'postgresql', 'global', 'pg_control');
    const bytes = await readFile(control);
    bytes.writeUInt32LE(99, 8); // the version of the format, as another architecture would have it
    await writeFile(control, bytes);
    await expect(openDatabase({ dataDir })).rejects.toThrow(
      /did not start: database files are incompatible with server/,
    );
  });
});

describe('an owner that was killed', { timeout }, () => {
  test('is replaced by exactly one of many that start at once', async () => {
    await made.copyTo(dataDir);
    const first = run(script, [dataDir]);
    await first.says('open');
    first.child.kill('SIGKILL');
    await first.ended;

    const crowd = Array.from({ length: 5 }, () => run(script, [dataDir]));
    const winner = await Promise.any(crowd.map((start) => start.says('open').then(() => start)));
    const losers = await Promise.all(crowd.filter((start) => start !== winner).map((start) => start.ended));
    for (const loser of losers) {
      const err = `the data directory ${dataDir} is in use by process ${winner.child.pid}\n`;
      expect(loser).toEqual({ code: 1, out: '', err });
    }
    winner.child.stdin.end();
    expect(await winner.ended).toMatchObject({ code: 0, err: '' });
  });

  test('ends together with its PostgreSQL', async () => {
    await made.copyTo(dataDir);
    const first = run(script, [dataDir]);
    await first.says('open');
    const postgres = await postgresPid(dataDir);
    first.child.kill('SIGKILL');
    await first.ended;
    await expect.poll(() => isRunning(postgres), { timeout: 20_000 }).toBe(false);
  });

  test('and whose PostgreSQL still runs does not block the next: PostgreSQL is stopped first', async () => {
    await made.copyTo(dataDir);
    const { code, out } = await run('leave-orphan.ts', [dataDir]).ended;
    expect(code).toBe(0);
    const orphan = Number(out.split(' ')[1]);
    expect(await isRunning(orphan)).toBe(true);
    const log = rememberingLog();
    await using database = await openDatabase({ dataDir, log });
    expect(log.lines).toContainEqual({
      level: 'warn',
      message: 'stopping the PostgreSQL process of an earlier ALICE',
    });
    expect(await postgresPid(dataDir)).not.toBe(orphan);
    expect(await isRunning(orphan)).toBe(false);
    await database.ping();
  });

  test('does not block the next while it is a zombie', async () => {
    await made.copyTo(dataDir);
    // The shell becomes `sleep`, which never asks how its child ended.
    const nobodyWaits = ['sh', '-c', '"$@" & exec sleep 60', 'sh'];
    const first = run(script, [dataDir], { prefix: nobodyWaits });
    await first.says('open');
    const { pid: owner } = JSON.parse(await readFile(join(dataDir, 'owner.lock'), 'utf8')) as { readonly pid: number };
    process.kill(owner, 'SIGKILL');
    await expect.poll(() => readFile(`/proc/${owner}/stat`, 'utf8')).toMatch(/\) Z /);
    await (await openDatabase({ dataDir })).close();
    first.child.kill('SIGKILL');
  });

  test('does not block the next when another process has its PID', async () => {
    await made.copyTo(dataDir);
    await writeFile(join(dataDir, 'owner.lock'), JSON.stringify({ pid: process.pid, host: 'here' }));
    const alive = `${process.pid}\n${join(dataDir, 'postgresql')}\n1700000000\n5432\n.\n\n 1 1\nready   \n`;
    await writeFile(join(dataDir, 'postgresql', 'postmaster.pid'), alive);
    await (await openDatabase({ dataDir })).close();
  });

  test('F2: at any moment of the first start and its migrations leaves a state that the next start completes', {
    timeout: timeout * testRounds(),
  }, async () => {
    for (let round = 0; round < testRounds(); round++) await killFirstStart(join(parent, `data-${round}`));
  });

  async function killFirstStart(directory: string): Promise<void> {
    for (let attempt = 0; attempt < 8; attempt++) {
      const start = run(script, [directory, 'migrate']);
      await sleep(150 + Math.random() * 1_800);
      start.child.kill('SIGKILL');
      await start.ended;
    }
    const last = run(script, [directory, 'migrate']);
    await last.says('open');
    last.child.stdin.end();
    expect(await last.ended).toMatchObject({ code: 0, err: '' });

    expect((await readdir(directory)).toSorted()).toEqual(['owner.lock', 'postgresql', 'postgresql.lock']);
    await using database = await openDatabase({ dataDir: directory });
    const twice = 'SELECT migration_name FROM _prisma_migrations GROUP BY 1 HAVING count(*) > 1';
    expect(await database.query({ text: twice }, [])).toEqual([]);
    expect(await database.prisma.user.count()).toBe(0);
  }
});

describe('a PostgreSQL that exits by itself', { timeout }, () => {
  test('is restarted, without data loss', async () => {
    await made.copyTo(dataDir);
    const log = rememberingLog();
    await using database = await openDatabase({ dataDir, log });
    await database.query({ text: 'CREATE TABLE kept (id int PRIMARY KEY)' }, []);
    const insertion = sql({ name: 'test.keep', text: 'INSERT INTO kept VALUES ($1)' });
    const back = (): number =>
      log.lines.filter(({ message }) => message === 'the embedded database is running again').length;
    for (let round = 1; round <= 3; round++) {
      await database.query(insertion, [round]);
      process.kill(await postgresPid(dataDir), 'SIGKILL');
      await expect.poll(back, { timeout: 30_000 }).toBe(round);
      // The pool learns of each lost connection from the first statement on it.
      await expect.poll(() => database.ping().catch(databaseFault), { timeout: 30_000 }).toBeUndefined();
    }
    expect(await database.query({ text: 'SELECT id FROM kept ORDER BY id' }, [])).toEqual(
      [1, 2, 3].map((id) => ({ id })),
    );
    expect(log.lines.some(({ message }) => /has stopped 3 times in a row/.test(message))).toBe(true);
  });

  test('fails callers as unavailable while it cannot start, and serves them again when it can', async () => {
    await made.copyTo(dataDir);
    const log = rememberingLog();
    await using database = await openDatabase({ dataDir, log });
    await database.query({ text: 'CREATE TABLE kept (id int PRIMARY KEY)' }, []);
    await database.query({ text: 'INSERT INTO kept VALUES (1)' }, []);
    const wal = join(dataDir, 'postgresql', 'pg_wal');
    await rename(wal, `${wal}.away`);
    process.kill(await postgresPid(dataDir), 'SIGKILL');
    const outcome = (): Promise<unknown> => database.query({ text: 'SELECT 1' }, []).then(() => 'done', databaseFault);
    await expect
      .poll(() => log.lines.filter(({ message }) => /in a row, restarting it/.test(message)).length, {
        timeout: 30_000,
      })
      .toBeGreaterThan(0);
    expect(await outcome()).toEqual({ kind: 'unavailable' });
    expect(await database.ping().catch(databaseFault)).toEqual({ kind: 'unavailable' });

    await rename(`${wal}.away`, wal);
    await expect.poll(outcome, { timeout: 60_000 }).toBe('done');
    expect(await database.query({ text: 'SELECT id FROM kept' }, [])).toEqual([{ id: 1 }]);
  });

  test('does not prevent closing the database', async () => {
    await made.copyTo(dataDir);
    const database = await openDatabase({ dataDir });
    process.kill(await postgresPid(dataDir), 'SIGKILL');
    await database.close();
    expect(await readFile(join(dataDir, 'owner.lock'), 'utf8')).toBe('');
    await (await openDatabase({ dataDir })).close();
  });

  test('after the crash of one session recovers by itself', async () => {
    await made.copyTo(dataDir);
    const log = rememberingLog();
    await using database = await openDatabase({ dataDir, log });
    const [backend] = await database.query<{ pid: number }>({ text: 'SELECT pg_backend_pid() AS pid' }, []);
    process.kill(backend?.pid ?? 0, 'SIGKILL');
    await expect
      .poll(() => database.query({ text: 'SELECT 1 AS one' }, []).catch(() => 'not yet'), { timeout: 30_000 })
      .toEqual([{ one: 1 }]);
    expect(log.lines.some(({ level, message }) => level === 'warn' && /terminated by signal 9/.test(message))).toBe(
      true,
    );
  });
});

test('the log contains no failed statements, which contain data of users', { timeout }, async () => {
  await made.copyTo(dataDir);
  const log = rememberingLog();
  await using database = await openDatabase({ dataDir, log });
  await database.query({ text: 'CREATE TABLE secrets (word text PRIMARY KEY)' }, []);
  await database.query({ text: `INSERT INTO secrets VALUES ('hush')` }, []);
  await expect(database.query({ text: `INSERT INTO secrets VALUES ('hush')` }, [])).rejects.toThrow('duplicate key');
  await expect(database.query({ text: `SELECT 'hush\n and more'::int` }, [])).rejects.toThrow('invalid input syntax');
  await database.close();
  expect(log.lines.length).toBeGreaterThan(3);
  expect(log.lines.filter(({ message }) => message.includes('hush') || message.includes('and more'))).toEqual([]);
  expect(log.lines.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
});
