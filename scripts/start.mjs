/** `npm start`: installs, builds and starts the server. Runs on the machine's own Node.js, before anything is installed. */
import { existsSync } from 'node:fs';
import { requireNode } from './lib/require-node.mjs';

requireNode();
const { ensureBuilt, ensureInstalled } = await import('./lib/prepare.mjs');
const { become } = await import('./lib/run.mjs');
const { inRoot, workspaceNode } = await import('./lib/workspace.mjs');

await ensureInstalled();
await ensureBuilt('apps/server');
const settings = existsSync(inRoot('.env')) ? ['--env-file=.env'] : [];
become(workspaceNode(), [...settings, 'apps/server/dist/main.js']);
