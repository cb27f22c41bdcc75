/** Paths in this clone. No dependencies: `npm start` runs this before anything is installed. */
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url)).replace(/[\\/]$/, '');

export const inRoot = (...parts) => join(root, ...parts);

export const readJson = (path) => JSON.parse(readFileSync(inRoot(path), 'utf8'));

/** The folders of the workspace, from the root: `apps/server`, `packages/api`, … */
export function workspaceFolders() {
  return ['apps', 'packages'].flatMap((parent) =>
    readdirSync(inRoot(parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && existsSync(inRoot(parent, entry.name, 'package.json')))
      .map((entry) => `${parent}/${entry.name}`),
  );
}

/** The path of the workspace's Node.js: the executable itself and not a shim, so that signals reach it. */
export function workspaceNode() {
  const path = inRoot('node_modules', 'node-bin', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  return existsSync(path) ? realpathSync(path) : undefined;
}

/** The environment for every command: the workspace's binaries first on the PATH, no telemetry, no update notices. */
export function toolEnv(extra = {}) {
  return {
    ...process.env,
    PATH: [inRoot('node_modules', '.bin'), process.env.PATH].join(delimiter),
    CHECKPOINT_DISABLE: '1',
    NO_UPDATE_NOTIFIER: '1',
    TURBO_TELEMETRY_DISABLED: '1',
    ...extra,
  };
}
