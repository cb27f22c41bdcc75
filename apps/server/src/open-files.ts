import { readFile } from 'node:fs/promises';

/** Reserved for the database, Redis, files and the log: client connections must not use them up. */
const reserved = 128;
const least = 256;
const advice =
  'raise it with "ulimit -n 65536", LimitNOFILE=65536 (systemd) or --ulimit nofile=65536 (Docker), then start again';

/**
 * The maximum number of connections: each needs a file descriptor, as other resources do. Null if the limit is unknown
 * (it is read on Linux). Throws if the limit is too low for the process.
 */
export async function maxConnections(path = '/proc/self/limits'): Promise<number | null> {
  const limit = /^Max open files\s+(\d+)/m.exec(await readFile(path, 'utf8').catch(() => ''))?.[1];
  if (limit === undefined) return null;
  if (Number(limit) < least)
    throw new Error(`the limit of open files is ${limit}, but at least ${least} are required: ${advice}`);
  return Number(limit) - reserved;
}

/** Advice for an error about too many open files; null for any other error. */
export function openFilesAdvice(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!('code' in cause)) continue;
    if (cause.code === 'EMFILE') return `this process has too many open files: ${advice}`;
    if (cause.code === 'ENFILE') return 'this machine has too many open files: raise fs.file-max';
  }
  return null;
}
