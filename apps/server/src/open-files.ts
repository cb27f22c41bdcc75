import { readFile } from 'node:fs/promises';

/** Kept for the database, Redis, files and the log: connections of clients may not use them up. */
const reserved = 128;
const least = 256;
const advice =
  'raise it with "ulimit -n 65536", LimitNOFILE=65536 (systemd) or --ulimit nofile=65536 (Docker), then start again';

/**
 * How many connections may be open at once: each needs a file descriptor, as everything else does. Null where the limit is
 * not known (it is read on Linux). Throws where the process cannot do its work with so few.
 */
export async function maxConnections(path = '/proc/self/limits'): Promise<number | null> {
  const limit = /^Max open files\s+(\d+)/m.exec(await readFile(path, 'utf8').catch(() => ''))?.[1];
  if (limit === undefined) return null;
  if (Number(limit) < least)
    throw new Error(`the limit of open files is ${limit}, and at least ${least} are needed: ${advice}`);
  return Number(limit) - reserved;
}

/** What to do about an error that says that there are too many open files; null for any other. */
export function openFilesAdvice(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (!('code' in cause)) continue;
    if (cause.code === 'EMFILE') return `this process has too many open files: ${advice}`;
    if (cause.code === 'ENFILE') return 'this machine has too many open files: raise fs.file-max';
  }
  return null;
}
