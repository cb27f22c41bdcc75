/** Runs the real `pnpm dev` command and turbo settings in a small workspace: it must restart after each save, and end cleanly. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { inRoot, readJson, toolEnv } from './lib/workspace.mjs';

const folder = mkdtempSync(join(tmpdir(), 'alice-dev-'));
const source = join(folder, 'apps/server/src/main.ts');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path, value) {
  writeFileSync(join(folder, path), JSON.stringify(value));
}

/** Saves like many editors: a new file replaces the old one (rename). */
function save(round) {
  const text = `console.log('round ${round}');
    const timer = setInterval(() => undefined, 1000);
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => clearInterval(timer));`;
  writeFileSync(`${source}.new`, text);
  renameSync(`${source}.new`, source);
}

it('restarts after each of three saves by rename, and ends at Ctrl-C', { timeout: 120_000 }, async () => {
  const { dependsOn: _, ...task } = readJson('turbo.json').tasks.dev;
  mkdirSync(join(folder, 'apps/server/src'), { recursive: true });
  write('package.json', { name: 'small', workspaces: ['apps/*'], packageManager: 'npm@10.0.0' });
  write('package-lock.json', { name: 'small', lockfileVersion: 3, packages: {} });
  write('turbo.json', { ui: 'stream', tasks: { dev: task } });
  const { dev } = readJson('apps/server/package.json').scripts;
  write('apps/server/package.json', { name: 'server', type: 'module', scripts: { dev } });
  save(0);

  const [command, ...args] = readJson('package.json').scripts.dev.split(' ');
  const child = spawn(inRoot('node_modules', '.bin', command), args, {
    cwd: folder,
    env: toolEnv(),
    // Its own process group, since Ctrl-C signals a whole group.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  const ended = new Promise((resolve) => child.on('close', resolve));
  try {
    for (let round = 0; round <= 3; round += 1) {
      if (round > 0) save(round);
      await expect.poll(() => output, { timeout: 25_000, interval: 50 }).toContain(`round ${round}`);
    }
    process.kill(-child.pid, 'SIGINT');
    await ended;
    expect(output).not.toMatch(/assert|panic|core dumped/i);
  } finally {
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has already exited.
    }
  }
});
