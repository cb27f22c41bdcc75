import { readFile } from 'node:fs/promises';

/** The unit of /proc/<pid>/stat on every Linux that Node.js runs on (USER_HZ), whatever the kernel's own tick is. */
const ticksPerSecond = 100;

/** Seconds of processor, user and system, that a process and its threads have used; null where there is no /proc. */
export async function cpuSeconds(pid: number): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The second field is the name in brackets and may hold anything; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
