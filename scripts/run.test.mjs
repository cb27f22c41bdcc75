/** The command runner continues when its output cannot be written. */
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { expect, it } from 'vitest';
import { inRoot } from './lib/workspace.mjs';

it('a step runs although the disk for its output is full', () => {
  const script = `import { step } from './scripts/lib/run.mjs';
    await step('trying', process.execPath, ['-e', '0']);
    process.exitCode = 7;`;
  const full = openSync('/dev/full', 'w');
  const stdio = ['ignore', full, full];
  const { status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd: inRoot(), stdio });
  expect(status).toBe(7);
});
