import { chmod, chown, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type Run, run } from '../fixtures/run.ts';
import { openDatabase } from '../open.ts';

const script = 'open-directory.ts';
const timeout = 120_000;

const isLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;

/** A PID namespace of its own with the same host name, as two containers over one volume may have. */
const container = [
  ...(isRoot ? ['unshare'] : ['unshare', '--user', '--map-root-user']),
  '--pid',
  '--fork',
  '--kill-child',
  '--',
];
/** In a chroot the kernel refuses user namespaces, as Docker's default profile does. */
const namespacesForbidden = [
  'unshare',
  '--mount',
  '--',
  'sh',
  '-c',
  'mount --rbind / /mnt && exec chroot /mnt "$@"',
  'sh',
];

let parent: string;
let dataDir: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'alice-containers-'));
  dataDir = join(parent, 'data');
});
afterEach(() => rm(parent, { recursive: true, force: true }));

async function endsWell(start: Run): Promise<void> {
  start.child.stdin.end();
  expect(await start.ended).toMatchObject({ code: 0, err: '' });
}

if (isLinux) {
  describe('two containers with one data directory', { timeout }, () => {
    test('never both own it, and the refusal contains the PID of the owner in its container', async () => {
      const first = run(script, [dataDir], { prefix: container });
      await first.says('open');
      const { pid } = JSON.parse(await readFile(join(dataDir, 'owner.lock'), 'utf8')) as { readonly pid: number };
      expect(pid).toBeLessThan(100); // as its own namespace counts
      for (const prefix of [container, []]) {
        const second = await run(script, [dataDir], { prefix }).ended;
        expect(second).toEqual({
          code: 1,
          out: '',
          err: `the data directory ${dataDir} is in use by process ${pid}\n`,
        });
      }
      await endsWell(first);
    });

    test('take over at once when the owner is killed', async () => {
      for (let round = 0; round < 3; round++) {
        const first = run(script, [dataDir, 'migrate'], { prefix: container });
        await first.says('open');
        first.child.kill('SIGKILL');
        await first.ended;
        // A container that is made again has the PIDs of the one before.
        const again = run(script, [dataDir, 'migrate'], { prefix: container });
        await again.says('open');
        await endsWell(again);
      }
    });

    test('stop an orphaned PostgreSQL of the other container', async () => {
      await (await openDatabase({ dataDir })).close();
      // The namespace lives for as long as its first process, which is the shell.
      const first = run('leave-orphan.ts', [dataDir], { prefix: [...container, 'sh', '-c', '"$@"; sleep 60', 'sh'] });
      await first.says('orphan');
      const next = run(script, [dataDir]);
      await next.says('open');
      await endsWell(next);
      first.child.kill('SIGKILL');
    });
  });
}

if (isLinux) {
  test('F15: a full disk fails callers as unavailable; with free space again nothing is lost', {
    timeout,
  }, async () => {
    const smallDisk = [
      ...(isRoot ? ['unshare'] : ['unshare', '--user', '--map-root-user']),
      ...['--mount', '--', 'sh', '-c', 'mount -t tmpfs -o size=220m,mode=0755 tmpfs "$0" && exec "$@"', parent],
    ];
    const { code, out, err } = await run('fill-disk.ts', [parent], { prefix: smallDisk }).ended;
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const { answers, last, lost } = JSON.parse(out) as { answers: string[]; last: string; lost: number[] };
    expect({ answers, last, lost }).toEqual({ answers: ['done', 'unavailable'], last: 'done', lost: [] });
  });
}

if (isLinux && isRoot) {
  describe('the database as root', { timeout }, () => {
    const ordinary = 12_345;

    test('runs in a user namespace, in a directory that no other user can enter', async () => {
      await chmod(parent, 0o700);
      await (await openDatabase({ dataDir })).close();
      expect(await stat(join(dataDir, 'postgresql'))).toMatchObject({ uid: 0 });
      expect((await stat(dataDir)).mode & 0o777).toBe(0o700);
    });

    test('runs as another user where namespaces are forbidden, in a directory that every user can traverse', async () => {
      await chmod(parent, 0o755);
      // Made with namespaces, it is given away, and then stays with that user.
      await (await openDatabase({ dataDir })).close();
      for (let round = 0; round < 2; round++) {
        const start = run(script, [dataDir, 'migrate'], { prefix: namespacesForbidden });
        await start.says('open');
        await endsWell(start);
        expect((await stat(join(dataDir, 'postgresql'))).uid).toBeGreaterThan(0);
      }
      await using database = await openDatabase({ dataDir });
      expect(await database.prisma.user.count()).toBe(0);
    });

    test('reports what is missing in one line where neither is possible', async () => {
      await chmod(parent, 0o700);
      const { code, out, err } = await run(script, [dataDir], { prefix: namespacesForbidden }).ended;
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err.trimEnd().split('\n')).toHaveLength(1);
      expect(err).toMatch(/as an ordinary user.*mode 0711 or 0755.*DATABASE_URL/);
    });

    test('needs none of this for an ordinary user, whose directory root can use later', async () => {
      await chmod(parent, 0o755);
      await chown(parent, ordinary, ordinary);
      const asUser = ['setpriv', '--reuid', String(ordinary), '--regid', String(ordinary), '--clear-groups', '--'];
      const start = run(script, [dataDir, 'migrate'], { prefix: asUser });
      await start.says('open');
      await endsWell(start);
      expect(await stat(join(dataDir, 'postgresql'))).toMatchObject({ uid: ordinary });
      // As with sudo: the files stay their owner's.
      await (await openDatabase({ dataDir })).close();
      const foreign = await Promise.all(
        (await readdir(join(dataDir, 'postgresql'))).map((name) => stat(join(dataDir, 'postgresql', name))),
      );
      expect(new Set(foreign.map(({ uid }) => uid))).toEqual(new Set([ordinary]));
      const last = run(script, [dataDir, 'migrate'], { prefix: asUser });
      await last.says('open');
      await endsWell(last);
    });

    test("refuses to open another user's directory as an ordinary user, and names it", async () => {
      await (await openDatabase({ dataDir })).close();
      await chmod(parent, 0o755);
      await chmod(dataDir, 0o777);
      await chmod(join(dataDir, 'owner.lock'), 0o666);
      const asUser = ['setpriv', '--reuid', String(ordinary), '--regid', String(ordinary), '--clear-groups', '--'];
      const { code, err } = await run(script, [dataDir], { prefix: asUser }).ended;
      expect(code).toBe(1);
      expect(err).toMatch(/belongs to another user: start ALICE as its owner/);
    });
  });
}
