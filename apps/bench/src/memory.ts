import { readdir, readFile } from 'node:fs/promises';

/** Bytes of memory that a process holds (resident set size); null where there is no /proc. */
export async function residentBytes(pid: number): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  return kilobytes(await readFile(`/proc/${pid}/status`, 'utf8'), 'VmRSS');
}

/** Bytes that the processes below `pid` hold, shared pages split among their users (proportional set size); null outside Linux. */
export async function descendantBytes(pid: number): Promise<number | null> {
  if (process.platform !== 'linux') return null;
  const parents = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
  }
  let bytes = 0;
  for (const child of parents.keys()) {
    let ancestor = parents.get(child);
    while (ancestor !== undefined && ancestor !== pid) ancestor = parents.get(ancestor);
    if (ancestor !== pid) continue;
    bytes += kilobytes(await readFile(`/proc/${child}/smaps_rollup`, 'utf8').catch(() => ''), 'Pss') ?? 0;
  }
  return bytes;
}

/** A field of /proc in bytes. */
function kilobytes(text: string, field: string): number | null {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return found === undefined ? null : Number(found) * 1024;
}
