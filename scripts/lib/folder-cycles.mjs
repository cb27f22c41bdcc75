/** Finds import cycles between folders, which rules about files cannot see. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Tests and test helpers may import everything. */
const TEST = /[.]test[.]ts$|(^|[/])testing[/]/;
/** The specifier of an `import`, an `export … from` or an `import()`, also of types. */
const IMPORT = /\b(?:from|import)\s*[(]?\s*'([.]{1,2}[/][^']+)'/g;

/**
 * The folder of a file in the source of api: each feature, each part of platform, and the other top-level folders as a
 * whole, since the folders of account may import each other. Null for files at the root.
 */
function folderOf(path) {
  const [first, second, ...rest] = path.split(sep);
  if (second === undefined) return null;
  return (first === 'features' || first === 'platform') && rest.length > 0 ? `${first}/${second}` : first;
}

/** All import cycles between the folders of `source`, each as a list of folders. */
export function folderCycles(source) {
  const needs = new Map();
  for (const path of readdirSync(source, { recursive: true })) {
    if (!path.endsWith('.ts') || TEST.test(path)) continue;
    const from = folderOf(path);
    for (const [, specifier] of readFileSync(join(source, path), 'utf8').matchAll(IMPORT)) {
      const to = folderOf(relative('.', join(dirname(path), specifier)));
      if (from === null || to === null || from === to) continue;
      needs.set(from, (needs.get(from) ?? new Set()).add(to));
    }
  }

  const reached = new Map([...needs.keys()].map((folder) => [folder, reach(needs, folder)]));
  const cycles = [];
  for (const [folder, others] of reached) {
    if (!others.has(folder) || cycles.some((cycle) => cycle.includes(folder))) continue;
    cycles.push([...others].filter((other) => reached.get(other)?.has(folder)).sort());
  }
  return cycles;
}

/** All folders that a folder imports, directly or indirectly. */
function reach(needs, folder) {
  const found = new Set();
  const visit = (at) => {
    for (const next of needs.get(at) ?? []) {
      if (found.has(next)) continue;
      found.add(next);
      visit(next);
    }
  };
  visit(folder);
  return found;
}
