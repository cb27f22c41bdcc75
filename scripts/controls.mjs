/**
 * `pnpm controls`: removes each security control from the sources in turn and runs the tests that must then fail. It fails
 * if a control can be removed without a failing test. It always restores the sources. Arguments select controls by name.
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
    console.error(`${name}: ${file} must contain this text exactly once: ${from}`);
    untested += 1;
    continue;
  }
  restore = () => writeFileSync(path, original);
  try {
    writeFileSync(
      path,
      original.replace(from, () => to),
    );
    // Tests that start the server as a process use the built server.
    if (build) await ensureBuilt('apps/server');
    const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', ...tests];
    const { code, output, time } = await capture(workspaceNode(), vitest);
    const failing = failures(output);
    if (code === 0 || failing.length === 0) untested += 1;
    const verdict = code === 0 || failing.length === 0 ? 'NO TEST FAILED' : `${failing.length} tests failed`;
    console.log(`${name} (${file}): ${verdict}, ${time}`);
    for (const line of failing.slice(0, 5)) console.log(`  ${line}`);
  } finally {
    restore();
    if (build) await ensureBuilt('apps/server');
  }
}
console.log(`\n${chosen.length} controls removed in turn, ${untested} without a failing test`);
process.exitCode = untested === 0 ? 0 : 1;

/** The names of the failed tests, without duplicates. */
function failures(output) {
  const plain = output.replaceAll(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g'), '');
  const names = [...plain.matchAll(/^\s*FAIL\s+(?:\S+\s+)?(\S+[.]test[.]ts.*)$/gm)].map(([, name = '']) => name.trim());
  return [...new Set(names)];
}
