/**
 * `pnpm controls`: takes each safety control out of the sources, one after another, and runs the tests that must notice.
 * A control whose absence no test notices is not tested: then this fails. Every source is put back, whatever happens.
 * With names as arguments only those.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { controls } from './lib/controls.mjs';
import { ensureBuilt } from './lib/prepare.mjs';
import { capture } from './lib/run.mjs';
import { inRoot, workspaceNode } from './lib/workspace.mjs';

const named = process.argv.slice(2);
const chosen = Object.entries(controls).filter(([name]) => named.length === 0 || named.includes(name));
let untested = 0;
let restore = () => undefined;
process.once('exit', () => restore());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

for (const [name, { file, from, to, tests, build = false }] of chosen) {
  const path = inRoot(file);
  const original = readFileSync(path, 'utf8');
  if (original.split(from).length !== 2) {
    console.error(`${name}: ${file} does not hold its control exactly once: ${from}`);
    untested += 1;
    continue;
  }
  restore = () => writeFileSync(path, original);
  try {
    writeFileSync(
      path,
      original.replace(from, () => to),
    );
    // A server in a process of its own is the built one.
    if (build) await ensureBuilt('apps/server');
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', ...tests];
    const { code, output, time } = await capture(workspaceNode(), vitest);
    const failing = failures(output);
    if (code === 0 || failing.length === 0) untested += 1;
    const verdict = code === 0 || failing.length === 0 ? 'NOT NOTICED' : `noticed by ${failing.length}`;
    console.log(`${name} (${file}): ${verdict}, ${time}`);
    for (const line of failing.slice(0, 5)) console.log(`  ${line}`);
  } finally {
    restore();
    if (build) await ensureBuilt('apps/server');
  }
}
console.log(`\n${chosen.length} controls taken out in turn, ${untested} not noticed`);
process.exitCode = untested === 0 ? 0 : 1;

/** The names of the tests that failed, each once. */
function failures(output) {
  const plain = output.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '');
  const names = [...plain.matchAll(/^\s*FAIL\s+(?:\S+\s+)?(\S+[.]test[.]ts.*)$/gm)].map(([, name = '']) => name.trim());
  return [...new Set(names)];
}
