/** Fails on import cycles between the folders of api: each feature, each part of platform, account, procedures, errors. */
import { folderCycles } from './lib/folder-cycles.mjs';
import { inRoot } from './lib/workspace.mjs';

const cycles = folderCycles(inRoot('packages/api/src'));
if (cycles.length > 0) {
  console.error(cycles.map((folders) => `import cycle between folders: ${folders.join(', ')}`).join('\n'));
  process.exit(1);
}
