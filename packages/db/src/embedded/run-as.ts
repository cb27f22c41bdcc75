import { spawn } from 'node:child_process';
import { chmod, chown, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Binaries, EmbeddedDatabaseError } from './binaries.ts';
import { exitOf } from './exit-of.ts';

/** How to start a program of PostgreSQL, which refuses to run as root. */
export interface RunAs {
  /** The words that come before the program and its arguments. */
  readonly prefix: readonly string[];
  /** The user who must own the files; null when they are ours already. */
  readonly owner: User | null;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The kernel stops PostgreSQL (fast shutdown) when our process ends, however that happens. Linux only. */
const ENDS_WITH_US = ['setpriv', '--pdeathsig', 'INT', '--'];

/** We are this user inside and stay ourselves outside: the files remain ours, in a home of mode 0700 as well. */
function userNamespace({ uid, gid }: User): readonly string[] {
  return ['unshare', '--user', `--map-user=${uid}`, `--map-group=${gid}`, '--'];
}

const NOBODY: User = { uid: 65_534, gid: 65_534 };

async function succeeds([command = '', ...args]: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: 'ignore' });
  try {
    return (await exitOf(child)) === 0;
  } catch {
    return false; // there is no such command
  }
}

/** The system's own user for PostgreSQL, else `nobody`: initdb wants one that the system knows by name. */
function unprivilegedUser(users: string): User {
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users) ?? [];
  return uid === undefined || gid === undefined ? NOBODY : { uid: Number(uid), gid: Number(gid) };
}

async function ownerOf(path: string): Promise<User | null> {
  return stat(path).then(
    ({ uid, gid }) => ({ uid, gid }),
    () => null,
  );
}

async function asOtherUser(binaries: Binaries, dataDir: string, owner: User): Promise<RunAs> {
  const user = ['--reuid', String(owner.uid), '--regid', String(owner.gid), '--clear-groups'];
  const prefix = ['setpriv', ...user, ...ENDS_WITH_US.slice(1)];
  // PostgreSQL passes through the data directory; what else lies there stays readable to us alone.
  await chmod(dataDir, 0o711);
  const reaches =
    (await succeeds(['setpriv', ...user, '--', 'test', '-x', dataDir])) &&
    (await succeeds(['setpriv', ...user, '--', binaries.postgres, '--version']));
  if (!reaches) {
    throw new EmbeddedDatabaseError(
      `PostgreSQL does not run as root, user namespaces are forbidden here, and user ${owner.uid} cannot reach ${dataDir} or ` +
        `${dirname(binaries.postgres)}: start ALICE as an ordinary user, or move it and DATA_DIR to where every user may pass ` +
        '(mode 0711 or 0755), or set DATABASE_URL to a PostgreSQL server',
    );
  }
  return { prefix, owner };
}

/**
 * Decides how PostgreSQL is run: as ourselves; when we are root, in a user namespace in which we are not; where namespaces are
 * forbidden (Docker's default profile), as another user. `directory` is PostgreSQL's own, in `dataDir`; it need not exist.
 * Throws `EmbeddedDatabaseError` when none of these is possible.
 */
export async function chooseRunAs(binaries: Binaries, dataDir: string, directory: string): Promise<RunAs> {
  const isLinux = process.platform === 'linux';
  const existing = await ownerOf(directory);
  const ourUid = process.getuid?.() ?? -1;
  if (ourUid !== 0 && existing !== null && existing.uid !== ourUid)
    throw new EmbeddedDatabaseError(
      `${directory} belongs to user ${existing.uid}, and this is user ${ourUid}: start ALICE as its owner`,
    );
  if (!isLinux) {
    if (ourUid === 0)
      throw new EmbeddedDatabaseError(
        'PostgreSQL does not run as root: start ALICE as an ordinary user, or set DATABASE_URL',
      );
    return { prefix: [], owner: null };
  }
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const namespace = userNamespace(unprivilegedUser(users));
  if (ourUid !== 0) {
    // A container may run as any number (`docker run --user`): such a user has no name.
    const hasName = new RegExp(`^[^:]+:[^:]*:${ourUid}:`, 'm').test(users);
    const prefix = hasName || !(await succeeds([...namespace, 'true'])) ? [] : namespace;
    return { prefix: [...prefix, ...ENDS_WITH_US], owner: null };
  }
  // Made by an ordinary user, or as one where namespaces were forbidden: it stays theirs.
  if (existing !== null && existing.uid !== 0) return asOtherUser(binaries, dataDir, existing);
  if (await succeeds([...namespace, 'true'])) return { prefix: [...namespace, ...ENDS_WITH_US], owner: null };
  return asOtherUser(binaries, dataDir, unprivilegedUser(users));
}

/** Gives a directory and all in it to the user that PostgreSQL runs as. */
export async function giveTo({ owner }: RunAs, directory: string): Promise<void> {
  if (owner === null || (await stat(directory)).uid === owner.uid) return;
  const entries = await readdir(directory, { recursive: true });
  // The directory itself comes last: it is the sign that all of it was given.
  for (const entry of entries) await chown(join(directory, entry), owner.uid, owner.gid);
  await chown(directory, owner.uid, owner.gid);
}
