/** What is written in two places is the same in both, and the supply chain stays as narrow as promised. */
import { globSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { leftOut, lists, slowest } from '../vitest.passes.ts';
import { inRoot, readJson } from './lib/workspace.mjs';

const text = (path) => readFileSync(inRoot(path), 'utf8');
const manifest = readJson('package.json');
/** The lines of one top-level key of pnpm-workspace.yaml. */
const block = (key) => new RegExp(`^${key}:\\n((?:  .*\\n)+)`, 'm').exec(text('pnpm-workspace.yaml'))?.[1] ?? '';

it('lets at most five packages run install scripts', () => {
  const allowed = block('allowBuilds').match(/: true$/gm) ?? [];
  expect(allowed.length).toBeGreaterThan(0);
  expect(allowed.length).toBeLessThanOrEqual(5);
});

it('installs no package younger than a day', () => {
  expect(Number(/^minimumReleaseAge: (\d+)$/m.exec(text('pnpm-workspace.yaml'))?.[1])).toBeGreaterThanOrEqual(1440);
});

it('builds the image with the pinned pnpm and the Node.js of the workspace', () => {
  const node = manifest.devDependencies['node-bin'].replace('npm:node@', '');
  expect(text('Dockerfile')).toContain(`install --global ${manifest.packageManager}\n`);
  expect(text('pnpm-workspace.yaml')).toContain(`\nnodeVersion: ${node}\n`);
  for (const [, major] of text('Dockerfile').matchAll(/^FROM node:(\d+)/gm)) expect(major).toBe(node.split('.')[0]);
});

it('lists in .env.example every setting that the server or the database reads', () => {
  const read = ['apps/server/src/env.ts', 'packages/db/src/env.ts'].flatMap((path) =>
    [...text(path).matchAll(/^\s+([A-Z][A-Z_]+):|env\['([A-Z_]+)'\]/gm)].map(([, key, name]) => key ?? name),
  );
  const listed = [...text('.env.example').matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => name);
  const product = read.filter((name) => !/^(TEST_|ALICE_TEST)/.test(name));
  expect(product.length).toBeGreaterThan(10);
  expect(listed).toEqual(expect.arrayContaining(product));
});

it('pins tRPC exactly, since the fast path uses its internals', () => {
  for (const name of ['@trpc/client', '@trpc/server']) {
    expect(block('catalog')).toMatch(new RegExp(`^  '${name}': \\d+\\.\\d+\\.\\d+$`, 'm'));
  }
});

it('runs every test in a pass of .ci/run', () => {
  const testsIn = (patterns) =>
    patterns.flatMap((pattern) => {
      const found = globSync(pattern, { cwd: inRoot() }).filter((file) => /[.]test[.]m?[tj]s$/.test(file));
      // A list names what is there, or a test that moved would run twice.
      expect(found, pattern).not.toEqual([]);
      return found;
    });
  testsIn(slowest);
  const listed = Object.values(lists).flatMap(testsIn);
  expect(listed.filter((file, index) => listed.indexOf(file) !== index)).toEqual([]);
  const inServers = new Set(testsIn(leftOut.servers));
  expect(testsIn(leftOut.embedded).filter((file) => inServers.has(file))).toEqual([]);
});
