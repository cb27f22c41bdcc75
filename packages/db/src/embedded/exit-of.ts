import type { ChildProcess } from 'node:child_process';

/** How a process ended: its exit code, or null after a signal. Rejects when it could not be started. */
export function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
