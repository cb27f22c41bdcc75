/** Folders that need each other: what no rule about files can see. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/** Tests, and what only they use, may look anywhere. */
const TEST = /[.]test[.]ts$|(^|[/])testing[/]/;
/** Of an `import`, an `export … from` or an `import()`, of types too. */
const IMPORT = /\b(?:from|import)\s*[(]?\s*'([.]{1,2}[/][^']+)'/g;

/**
 * The folders of `source`, which is the source of api: each feature and each part of platform, and the other folders as a
 * whole, since the rooms of account may know each other. Files at the root are in none.
 */
function folderOf(path) {
  const [first, second, ...rest] = path.split(sep);
  if (second === undefined) return null;
  return (first === 'features' || first === 'platform') && rest.length > 0 ? `${first}/${second}` : first;
}

/** Every circle of folders, each as the folders that it is of. */
export function folderCircles(source) {
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
  const circles = [];
  for (const [folder, others] of reached) {
    if (!others.has(folder) || circles.some((circle) => circle.includes(folder))) continue;
    circles.push([...others].filter((other) => reached.get(other)?.has(folder)).sort());
  }
  return circles;
}

/** All folders that a folder needs, directly or through others. */
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
