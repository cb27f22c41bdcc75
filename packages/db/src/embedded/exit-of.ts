import type { ChildProcess } from 'node:child_process';

/** The exit code of a process, or null after a signal. Rejects if it could not be started. */
export function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
