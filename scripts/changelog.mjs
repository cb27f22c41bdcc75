/**
 * `pnpm changelog`: writes CHANGELOG.md from the commits, one section for each version tag (v1.2.3). Commits after the last
 * tag go under the version in package.json. Run when a version is released: see README.md.
 */
import { writeFileSync } from 'node:fs';
import { ConventionalChangelog } from 'conventional-changelog';
import createPreset from 'conventional-changelog-conventionalcommits';
import { BASE, commitsSince } from './lib/commits.mjs';
import { inRoot, root } from './lib/workspace.mjs';

if ((await commitsSince(BASE, root)) === null) {
  console.error(`CHANGELOG.md needs the history since ${BASE.slice(0, 7)}, which this clone does not have`);
  process.exit(1);
}

const sections = new ConventionalChangelog(root)
  .config(createPreset())
  .readPackage(inRoot('package.json'))
  .commits({ from: BASE })
  .context({ linkCompare: false })
  .options({ releaseCount: 0 });

let text = '# Changelog\n\nWritten by `pnpm changelog` from the commits: do not edit.\n';
for await (const section of sections.write()) text += `\n${section.trim()}\n`;
writeFileSync(inRoot('CHANGELOG.md'), text);
