/** Fails when a page under docs names, in backticks, a path of this repository that does not exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { inRoot } from './lib/workspace.mjs';

/** `apps/server/src/main.ts` or `turbo.json`; not an address (`/docs`), a package (`@alice/db`) or a file of any folder (`router.ts`). */
const PATH = /^(?:\.?[\w-]+\/[\w./-]*|[\w.-]+\.(?:json|ya?ml|mjs|md)|Dockerfile|LICENSE)$/;
/** Made by commands, so absent from a fresh clone. */
const MADE = /(?:^|\/)(?:dist|node_modules|generated|coverage|\.data)(?:\/|$)/;

const missing = [];
for (const page of readdirSync(inRoot('docs')).filter((name) => name.endsWith('.md'))) {
  const lines = readFileSync(inRoot('docs', page), 'utf8').split('\n');
  for (const [index, line] of lines.entries()) {
    for (const [, name] of line.matchAll(/`([^`]+)`/g)) {
      if (PATH.test(name) && !MADE.test(name) && !existsSync(inRoot(name))) {
        missing.push(`docs/${page}:${index + 1}: ${name} does not exist`);
      }
    }
  }
}

if (missing.length > 0) {
  console.error(missing.join('\n'));
  process.exit(1);
}
