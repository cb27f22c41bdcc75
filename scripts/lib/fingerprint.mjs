/** Stores a hash of a step's inputs, so that the step runs again only when they have changed. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inRoot } from './workspace.mjs';

const SKIPPED_FOLDERS = new Set(['node_modules', 'dist', 'coverage', 'generated', 'test', '.turbo', '.data']);

/** The files at or below a path that can affect a build; none if the path does not exist. */
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

/** A hash of the names and contents of all files at or below the paths, and of the platform. */
export function fingerprint(paths) {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}`);
  for (const file of paths.flatMap(filesIn).sort()) {
    hash.update(`\0${file}\0`).update(readFileSync(inRoot(file)));
  }
  return hash.digest('hex');
}

// Inside node_modules, so that deleting it also repeats every step.
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
