import { spawn } from 'node:child_process';
import { chmod, chown, readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { type Binaries, EmbeddedDatabaseError } from './binaries.ts';
import { exitOf } from './exit-of.ts';

/** How to start PostgreSQL's programs, which refuse to run as root. */
export interface RunAs {
  /** The command and arguments before the program. */
  readonly prefix: readonly string[];
  /** The user who must own the files; null if it is us. */
  readonly owner: User | null;
}

interface User {
  readonly uid: number;
  readonly gid: number;
}

/** The kernel stops PostgreSQL (fast shutdown) when our process ends, for any reason. Linux only. */
const ENDS_WITH_US = ['setpriv', '--pdeathsig', 'INT', '--'];

/**
 * Inside the namespace we are this user, outside we stay ourselves: the files remain ours, also below a home directory
 * with mode 0700.
 */
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

/** The system user for PostgreSQL, otherwise `nobody`: initdb needs a user with a name. */
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
  // PostgreSQL must pass through the data directory; its other files stay readable only for us.
  await chmod(dataDir, 0o711);
  const reaches =
    (await succeeds(['setpriv', ...user, '--', 'test', '-x', dataDir])) &&
    (await succeeds(['setpriv', ...user, '--', binaries.postgres, '--version']));
  if (!reaches) {
    throw new EmbeddedDatabaseError(
      `PostgreSQL does not run as root, user namespaces are not allowed here, and user ${owner.uid} cannot access ${dataDir} or ` +
        `${dirname(binaries.postgres)}: start ALICE as an ordinary user, or make both directories accessible to all users ` +
        '(mode 0711 or 0755), or set DATABASE_URL to a PostgreSQL server',
    );
  }
  return { prefix, owner };
}

/**
 * Chooses how to run PostgreSQL: as ourselves; if we are root, in a user namespace as an ordinary user; if namespaces
 * are not allowed (Docker's default profile), as another user. `directory` is PostgreSQL's own, in `dataDir`; it need
 * not exist. Throws `EmbeddedDatabaseError` if none is possible.
 */
export async function chooseRunAs(binaries: Binaries, dataDir: string, directory: string): Promise<RunAs> {
  const isLinux = process.platform === 'linux';
  const existing = await ownerOf(directory);
  const ourUid = process.getuid?.() ?? -1;
  if (ourUid !== 0 && existing !== null && existing.uid !== ourUid)
    throw new EmbeddedDatabaseError(
      `${directory} belongs to user ${existing.uid}, but ALICE runs as user ${ourUid}: start ALICE as its owner`,
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
    // A container may run with any uid (`docker run --user`), which then has no name.
    const hasName = new RegExp(`^[^:]+:[^:]*:${ourUid}:`, 'm').test(users);
    const prefix = hasName || !(await succeeds([...namespace, 'true'])) ? [] : namespace;
    return { prefix: [...prefix, ...ENDS_WITH_US], owner: null };
  }
  // Created by an ordinary user, or as one where namespaces were not allowed: that user stays the owner.
  if (existing !== null && existing.uid !== 0) return asOtherUser(binaries, dataDir, existing);
  if (await succeeds([...namespace, 'true'])) return { prefix: [...namespace, ...ENDS_WITH_US], owner: null };
  return asOtherUser(binaries, dataDir, unprivilegedUser(users));
}

/** Makes the user that runs PostgreSQL the owner of a directory and its contents. */
export async function giveTo({ owner }: RunAs, directory: string): Promise<void> {
  if (owner === null || (await stat(directory)).uid === owner.uid) return;
  const entries = await readdir(directory, { recursive: true });
  // The directory itself comes last: its owner shows that all contents are done.
  for (const entry of entries) await chown(join(directory, entry), owner.uid, owner.gid);
  await chown(directory, owner.uid, owner.gid);
}
