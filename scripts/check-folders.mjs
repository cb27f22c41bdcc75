/** Fails on import cycles between the folders of api: each feature, each part of platform, account, procedures, errors. */
import { folderCircles } from './lib/folder-circles.mjs';
import { inRoot } from './lib/workspace.mjs';

const circles = folderCircles(inRoot('packages/api/src'));
if (circles.length > 0) {
  console.error(circles.map((folders) => `these folders need each other: ${folders.join(', ')}`).join('\n'));
  process.exit(1);
}
