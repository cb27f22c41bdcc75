/** `pnpm verify`: all static checks of the code. Needs no database. */
import { existsSync } from 'node:fs';
import { ensureBuilt } from './lib/prepare.mjs';
import { capture, seconds } from './lib/run.mjs';
import { inRoot, workspaceFolders } from './lib/workspace.mjs';

/** Checks each package with its own tsconfig. The client reads the declarations that api emits, so api is first. */
async function checkTypes() {
  const since = performance.now();
  const projects = workspaceFolders().filter((folder) => existsSync(inRoot(folder, 'src')));
  const runs = [await capture('tsc', ['-p', 'packages/api/tsconfig.types.json'])];
  for (const project of ['.', ...projects]) runs.push(await capture('tsc', ['--noEmit', '--pretty', '-p', project]));
  const failed = runs.filter(({ code }) => code !== 0);
  return { code: failed.length, output: failed.map(({ output }) => output).join('\n'), time: seconds(since) };
}

const checks = {
  'format and lint': () => capture('biome', ['ci', '--error-on-warnings', '--max-diagnostics=50', '.']),
  boundaries: () =>
    capture('depcruise', ['--config', '.dependency-cruiser.mjs', 'apps', 'packages', 'prisma', 'scripts']),
  'folder cycles': () => capture('node', ['scripts/check-folders.mjs']),
  types: checkTypes,
  'unused code': () => capture('knip', ['--no-progress']),
  'type budget': () => capture('node', ['packages/client/scripts/type-budget.ts']),
  'paths in docs': () => capture('node', ['scripts/check-docs.mjs']),
  'commit subjects': () => capture('node', ['scripts/check-commits.mjs']),
};

const since = performance.now();
// The type budget is measured on the built client.
await ensureBuilt('packages/client');

let failures = 0;
await Promise.all(
  Object.entries(checks).map(async ([name, check]) => {
    const { code, output, time } = await check();
    // A check that cannot run here prints the reason in one line.
    const note = code === 0 ? (/^not checked: .*/m.exec(output)?.[0] ?? '') : '';
    console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name.padEnd(18)} ${time} ${note}`.trimEnd());
    if (code === 0) return;
    failures += 1;
    console.error(`${output.trimEnd()}\n`);
  }),
);
console.log(
  `verify: ${failures === 0 ? 'all checks passed' : `${failures} of ${Object.keys(checks).length} failed`}, ${seconds(since)}`,
);
process.exitCode = failures === 0 ? 0 : 1;
