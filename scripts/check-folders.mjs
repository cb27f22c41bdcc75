/** Fails when folders of api need each other: each feature, each part of platform, account, procedures and errors. */
import { folderCircles } from './lib/folder-circles.mjs';
import { inRoot } from './lib/workspace.mjs';

const circles = folderCircles(inRoot('packages/api/src'));
if (circles.length > 0) {
  console.error(circles.map((folders) => `these folders need each other: ${folders.join(', ')}`).join('\n'));
  process.exit(1);
}
