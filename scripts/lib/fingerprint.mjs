/** Remembers what a step last ran on, so that it runs again only when that has changed. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inRoot } from './workspace.mjs';

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'coverage', 'generated', 'test', '.turbo', '.data']);

/** Every file below a folder (or the file itself) that may change what is built; what is missing is left out. */
function filesIn(path) {
  let entries;
  try {
    entries = readdirSync(inRoot(path), { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOTDIR') return [path];
    if (error.code === 'ENOENT') return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    if (entry.isDirectory()) return SKIPPED_FOLDERS.has(entry.name) ? [] : filesIn(join(path, entry.name));
    return entry.isFile() && !/\.test\.[cm]?[jt]sx?$/.test(entry.name) ? [join(path, entry.name)] : [];
  });
}

/** The hash of the names and contents of all files at or below the paths. */
export function fingerprint(paths) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of paths.flatMap(filesIn).sort()) {
    hash.update(`\0${file}\0`).update(readFileSync(inRoot(file)));
  }
  return hash.digest('hex');
}

// Inside node_modules: whoever deletes that has everything done again.
const recordOf = (name) => inRoot('node_modules', '.cache', 'alice', name);

export function lastRecord(name) {
  try {
    return readFileSync(recordOf(name), 'utf8');
  } catch {
    return undefined;
  }
}

export function record(name, value) {
  mkdirSync(dirname(recordOf(name)), { recursive: true });
  writeFileSync(recordOf(name), value);
}
