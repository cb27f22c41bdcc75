import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { join } from 'node:path';

const threads = '/proc/self/task';
const poolThread = 'libuv-worker';
/** On Linux's scale from -20, the most urgent, to 19. */
const niceness = 10;

/**
 * Lets the threads that hash passwords stand back while others want the processor: a flood of sign-ins then costs those
 * who are signed in little, and nothing is lost while nobody else asks. Call it once the pool has hashed something, as
 * its threads begin then. Only Linux has priorities for threads. Gives how many there were.
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
