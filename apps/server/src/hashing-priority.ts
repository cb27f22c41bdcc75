import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';

const threads = '/proc/self/task';
const poolThread = 'libuv-worker';
/** On Linux's scale from -20, the highest priority, to 19. */
const niceness = 10;

/**
 * Lowers the priority of the threads that hash passwords, so that a flood of sign-ins does not slow down other
 * requests, and idle capacity is still used. Call it after the first hash, which starts the threads. Only Linux has
 * thread priorities. Returns the number of threads.
 */
export function lowerHashingPriority(): number {
  if (process.platform !== 'linux') return 0;
  const ids = readdirSync(threads).filter((id) => nameOf(id) === poolThread);
  for (const id of ids) setPriority(Number(id), niceness);
  return ids.length;
}

/** A thread may have ended since it was listed. */
function nameOf(id: string): string | null {
  try {
    return readFileSync(join(threads, id, 'comm'), 'utf8').trim();
  } catch {
    return null;
  }
}
