/** Prepares a clone: installs packages, generates Prisma's client, and builds. Skips steps whose inputs have not changed. */
import { existsSync } from 'node:fs';
import { fingerprint, lastRecord, record } from './fingerprint.mjs';
import { step } from './run.mjs';
import { inRoot, readJson, workspaceFolders, workspaceNode } from './workspace.mjs';

const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';

/** The arguments for npx to run the pinned pnpm, from npm's cache if possible, so that it works offline. */
const pnpm = (...args) => ['--yes', '--prefer-offline', readJson('package.json').packageManager.split('+')[0], ...args];

export async function ensureInstalled() {
  const folders = workspaceFolders();
  const manifests = ['package.json', ...folders.map((folder) => `${folder}/package.json`)];
  const wanted = fingerprint(['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests]);
  // The node_modules of a package can be missing although those of the root exist.
  const present = workspaceNode() && folders.every((folder) => existsSync(inRoot(folder, 'node_modules')));
  if (present && lastRecord('install') === wanted) return;

  const install = pnpm('install', '--frozen-lockfile', '--config.confirm-modules-purge=false');
  await step('installing packages', npx, install);
  record('install', wanted);
}

export async function ensureGenerated() {
  const wanted = fingerprint(['prisma/schema.prisma', 'packages/db/src/generate.ts', 'pnpm-lock.yaml']);
  const present = existsSync(inRoot('packages/db/src/generated/client.ts'));
  if (present && lastRecord('generate') === wanted) return;

  await step("generating Prisma's client", workspaceNode(), ['packages/db/src/generate.ts']);
  record('generate', wanted);
}

/** Builds packages, given by folder, unless their `dist` exists and no source in the workspace has changed. */
export async function ensureBuilt(...folders) {
  await ensureGenerated();
  const wanted = fingerprint([
    'pnpm-lock.yaml',
    'prisma/schema.prisma',
    'tsconfig.base.json',
    'turbo.json',
    ...workspaceFolders(),
  ]);
  const key = (folder) => `build-${folder.replaceAll('/', '-')}`;
  const stale = folders.filter((folder) => !existsSync(inRoot(folder, 'dist')) || lastRecord(key(folder)) !== wanted);
  if (stale.length === 0) return;

  const filters = stale.map((folder) => `--filter=./${folder}`);
  const build = pnpm('exec', 'turbo', 'run', 'build', '--output-logs=errors-only', ...filters);
  await step(`building ${stale.join(' and ')}`, npx, build);
  for (const folder of stale) record(key(folder), wanted);
}
