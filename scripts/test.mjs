/**
 * `npm test`: runs `pnpm verify`, all tests, and the coverage check. With arguments (`npm test -- packages/db`) it runs only
 * the matching tests, without verify and coverage. SKIP_VERIFY=1 also skips both: .ci/run sets it for its second pass over
 * the same sources.
 */
import { rmSync } from 'node:fs';
import { requireNode } from './lib/require-node.mjs';

requireNode();
const { ensureBuilt, ensureInstalled } = await import('./lib/prepare.mjs');
const { passThrough } = await import('./lib/run.mjs');
const { inRoot, workspaceNode } = await import('./lib/workspace.mjs');

const named = process.argv.slice(2);
const isFullRun = named.length === 0 && process.env.SKIP_VERIFY !== '1';
const report = inRoot('node_modules', '.cache', 'alice', 'tests.json');

await ensureInstalled();
await ensureBuilt('apps/server', 'packages/client');
// These need installed packages.
const { coverageFaults } = await import('./lib/coverage.mjs');
const { countTests, failedTests } = await import('./lib/test-results.mjs');

let faults = 0;
if (isFullRun) {
  const verified = await passThrough(workspaceNode(), ['scripts/verify.mjs']);
  if (verified !== 0) faults += 1;
}

rmSync(report, { force: true });
const vitest = [
  'node_modules/vitest/vitest.mjs',
  'run',
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
];
const exitCode = await passThrough(workspaceNode(), [...vitest, ...(isFullRun ? ['--coverage'] : []), ...named]);
const { passed, failed } = countTests(report, exitCode);

if (isFullRun && failed === 0) {
  const lines = coverageFaults();
  for (const line of lines) console.error(`coverage: ${line}`);
  if (lines.length > 0) faults += 1;
}
const listed = failedTests(report);
if (listed.length > 0) console.log(['\nFailed tests:', ...listed].join('\n'));
if (faults > 0) console.error('\nEach failed check above is counted as a failure.');

console.log(`\n${passed} passed, ${failed + faults} failed`);
process.exitCode = failed + faults === 0 ? 0 : 1;
