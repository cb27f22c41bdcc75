/**
 * What the SDK's types cost those who use them: type-checks `test/consumer.ts` against the built package, outside the
 * monorepo and as strictly as a consumer may, and fails when the type instantiations exceed the budget by a tenth.
 * Needs `dist`. With `--record` it writes the budget anew.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..');
const budgetFile = join(root, 'type-budget.json');
const tolerance = 1.1;

const options = {
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  lib: ['es2022', 'dom', 'dom.iterable', 'dom.asynciterable'],
  module: 'nodenext',
  types: [],
};

/** A project with nothing installed but the package as it is published, and what it depends on. */
function makeConsumer(folder: string): void {
  const { exports: _, publishConfig, ...manifest } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const installed = join(folder, 'node_modules/@alice/client');
  cpSync(join(root, 'dist'), join(installed, 'dist'), { recursive: true });
  writeFileSync(join(installed, 'package.json'), JSON.stringify({ ...manifest, ...publishConfig }));
  mkdirSync(join(folder, 'node_modules/@trpc'));
  for (const name of Object.keys(manifest.dependencies)) {
    symlinkSync(realpathSync(join(root, 'node_modules', name)), join(folder, 'node_modules', name), 'junction');
  }
  cpSync(join(root, 'test/consumer.ts'), join(folder, 'consumer.ts'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['consumer.ts'] }));
}

function typeCheck(folder: string): string {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  // On one thread the count is the same each time.
  const args = [tsc, '-p', folder, '--extendedDiagnostics', '--singleThreaded'];
  return execFileSync(process.execPath, args, { encoding: 'utf8' });
}

function figure(diagnostics: string, name: string): number {
  const match = new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(diagnostics);
  if (match === null) throw new Error(`tsc gave no figure for "${name}"`);
  return Number(match[1]);
}

const folder = mkdtempSync(join(tmpdir(), 'alice-client-types-'));
try {
  makeConsumer(folder);
  const diagnostics = typeCheck(folder);
  const instantiations = figure(diagnostics, 'Instantiations');
  if (process.argv.includes('--record')) writeFileSync(budgetFile, `${JSON.stringify({ instantiations }, null, 2)}\n`);
  const budget: { instantiations: number } = JSON.parse(readFileSync(budgetFile, 'utf8'));
  const limit = Math.floor(budget.instantiations * tolerance);
  const seconds = figure(diagnostics, 'Total time').toFixed(2);
  process.stdout.write(`types of @alice/client: ${instantiations} instantiations (at most ${limit}), ${seconds} s\n`);
  if (instantiations > limit) process.exitCode = 1;
} catch (error) {
  // What tsc found wrong, rather than that it did.
  process.stderr.write(`${error instanceof Error && 'stdout' in error ? error.stdout : error}\n`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
