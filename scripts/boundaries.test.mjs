/** Every boundary bites: a bad import, added to a small sound workspace of the same shape, breaks the rule that it should. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../.dependency-cruiser.mjs';

/** What each rule must refuse: a file, and one line of it. */
const faults = {
  'no-cycle': ['packages/api/src/tasks/note.ts', "export { note } from './note.ts';"],
  resolvable: ['packages/api/src/tasks/note.ts', "import '@alice/nowhere';"],
  'nobody-imports-an-app': ['packages/db/src/note.ts', "import '@alice/server';"],
  'packages-by-name': ['apps/server/src/note.ts', "import '../../../packages/api/src/index.ts';"],
  'db-knows-nobody': ['packages/db/src/note.ts', "import '@alice/api';"],
  'api-knows-db-only': ['packages/api/src/note.ts', "import '@alice/client';"],
  'only-db-knows-the-database': ['packages/api/src/tasks/note.ts', "import type { Pool } from 'pg';"],
  'operations-know-no-transport': ['packages/api/src/tasks/get-note.ts', "import '@trpc/server';"],
  'api-knows-no-http': ['packages/api/src/tasks/router.ts', "import 'hono';"],
  'operations-know-no-router': ['packages/api/src/tasks/get-note.ts', "import '../trpc.ts';"],
  'routers-know-no-database': ['packages/api/src/tasks/router.ts', "import type { Task } from '@alice/db/models';"],
  'only-root-knows-routers': ['packages/api/src/note.ts', "import './tasks/router.ts';"],
  'features-by-operation': ['packages/api/src/tasks/get-note.ts', "import '../goals/progress.ts';"],
  'foundation-knows-no-feature': ['packages/api/src/changes/note.ts', "import '../goals/get-goal.ts';"],
  'schemas-import-schemas': ['packages/api/src/tasks/schemas.ts', "import { context } from '../context.ts';"],
  'schemas-run-in-browsers': ['packages/api/src/shared/text.ts', "import 'node:crypto';"],
  'models-run-in-browsers': ['packages/db/src/models.ts', "import './index.ts';"],
  'client-knows-types-only': ['packages/client/src/note.ts', "import { note } from '@alice/api/types';"],
  'client-knows-public-types': ['packages/client/src/note.ts', "import type { Api } from '@alice/api';"],
  'testing-stays-in-tests': ['apps/server/src/note.ts', "import '@alice/api/testing';"],
};

/** The smallest workspace that keeps every rule; a fault is added to it. */
const sound = {
  'node_modules/zod/index.js': '',
  'node_modules/pg/index.js': '',
  'node_modules/hono/index.js': '',
  'node_modules/@trpc/server/index.js': '',
  'packages/db/package.json': exportsOf('@alice/db', { '.': './src/index.ts', './models': './src/models.ts' }),
  'packages/db/src/index.ts': "import 'pg';",
  'packages/db/src/models.ts': 'export type Task = string;',
  'packages/api/package.json': exportsOf('@alice/api', {
    '.': './src/index.ts',
    './types': './src/types.ts',
    './testing': './src/testing/index.ts',
  }),
  'packages/api/src/index.ts': "export { root } from './root.ts';",
  'packages/api/src/root.ts': "import './tasks/router.ts';",
  'packages/api/src/trpc.ts': "import '@trpc/server';",
  'packages/api/src/types.ts': "export type { root } from './root.ts';",
  'packages/api/src/context.ts': "import type { Database } from '@alice/db';",
  'packages/api/src/testing/index.ts': "import '../root.ts';",
  'packages/api/src/shared/text.ts': "import 'zod';",
  'packages/api/src/tasks/router.ts': "import '../trpc.ts'; import './schemas.ts'; import './get-task.ts';",
  'packages/api/src/tasks/schemas.ts': "import 'zod'; import '../shared/text.ts'; import '@alice/db/models';",
  'packages/api/src/tasks/get-task.ts': "import '@alice/db'; import '../goals/get-goal.ts'; import '../context.ts';",
  'packages/api/src/goals/get-goal.ts': '',
  'packages/api/src/goals/progress.ts': '',
  'packages/client/package.json': exportsOf('@alice/client', { '.': './src/index.ts' }),
  'packages/client/src/index.ts':
    "import type { root } from '@alice/api/types'; import type { Task } from '@alice/db/models';",
  'apps/server/package.json': exportsOf('@alice/server', { '.': './src/index.ts' }),
  'apps/server/src/index.ts': "import '@alice/api'; import '@alice/db'; import 'hono';",
};

function exportsOf(name, exports) {
  return JSON.stringify({ name, type: 'module', exports });
}

let parent;
let folder;

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'alice-boundaries-'));
});

afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** The names of the rules that a workspace of these files breaks. */
async function broken(files) {
  folder = mkdtempSync(join(parent, 'workspace-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  mkdirSync(join(folder, 'node_modules/@alice'));
  for (const [name, path] of [
    ['db', 'packages'],
    ['api', 'packages'],
    ['client', 'packages'],
    ['server', 'apps'],
  ]) {
    symlinkSync(join(folder, path, name), join(folder, 'node_modules/@alice', name));
  }
  const { options, ...ruleSet } = config;
  const { output } = await cruise(
    ['apps', 'packages'],
    { ...options, ruleSet, validate: true, baseDir: folder },
    options.enhancedResolveOptions,
  );
  return [...new Set(output.summary.violations.map((violation) => violation.rule.name))];
}

describe('boundaries', () => {
  it('let a sound workspace pass', async () => {
    expect(await broken(sound)).toEqual([]);
  });

  it('each have a fault here', () => {
    expect(Object.keys(faults).sort()).toEqual(config.forbidden.map(({ name }) => name).sort());
  });

  it.each(Object.entries(faults))('%s', async (name, [path, line]) => {
    expect(await broken({ ...sound, [path]: `${sound[path] ?? ''}\n${line}` })).toContain(name);
  });
});
