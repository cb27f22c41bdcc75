/** Tests each module boundary: a forbidden import, added to a small correct workspace, must violate the expected rule. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import config from '../.dependency-cruiser.mjs';
import { folderCycles } from './lib/folder-cycles.mjs';

const features = 'packages/api/src/features';
const account = 'packages/api/src/account';
const platform = 'packages/api/src/platform';

/** For each rule a violation: a file, and the line to add to it. */
const violations = {
  'no-cycle': [`${features}/tasks/note.ts`, "export { note } from './note.ts';"],
  resolvable: [`${features}/tasks/note.ts`, "import '@alice/nowhere';"],
  'nobody-imports-an-app': ['packages/db/src/note.ts', "import '@alice/server';"],
  'packages-by-name': ['apps/server/src/note.ts', "import '../../../packages/api/src/index.ts';"],
  'db-knows-nobody': ['packages/db/src/note.ts', "import '@alice/api';"],
  'api-knows-db-only': ['packages/api/src/note.ts', "import '@alice/client';"],
  'only-db-knows-the-database': [`${features}/tasks/note.ts`, "import type { Pool } from 'pg';"],
  'operations-know-no-transport': [`${features}/tasks/get-note.ts`, "import '@trpc/server';"],
  'only-rpc-knows-trpc': ['apps/server/src/note.ts', "import '@trpc/server';"],
  'api-knows-no-http': [`${features}/tasks/router.ts`, "import 'hono';"],
  'operations-know-no-router': [`${account}/sessions/get-note.ts`, "import '../../procedures/access.ts';"],
  'root-is-the-top': ['packages/api/src/procedures/note.ts', "import type { root } from '../root.ts';"],
  'root-lends-types-only': [`${features}/tasks/get-note.ts`, "import { context } from '../../context.ts';"],
  'routers-know-no-database': [`${account}/sessions/router.ts`, "import type { Task } from '@alice/db/models';"],
  'only-root-knows-routers': ['packages/api/src/note.ts', "import './features/tasks/router.ts';"],
  'features-by-operation': [`${features}/tasks/get-note.ts`, "import '../goals/progress.ts';"],
  'account-by-operation': [`${features}/tasks/get-note.ts`, "import '../../account/sessions/gate.ts';"],
  'account-knows-no-feature': [`${account}/sessions/get-note.ts`, "import '../../features/goals/get-goal.ts';"],
  'platform-stands-alone': [`${platform}/history/note.ts`, "import type { Context } from '../../context.ts';"],
  'procedures-know-no-product': ['packages/api/src/procedures/note.ts', "import '../account/sessions/get-session.ts';"],
  'errors-stand-alone': ['packages/api/src/errors/note.ts', "import '../platform/schemas/text.ts';"],
  'schemas-import-schemas': [`${features}/tasks/schemas.ts`, "import type { Context } from '../../context.ts';"],
  'schemas-run-in-browsers': [`${platform}/schemas/text.ts`, "import 'node:crypto';"],
  'models-run-in-browsers': ['packages/db/src/models.ts', "import './index.ts';"],
  'client-knows-types-only': ['packages/client/src/note.ts', "import { note } from '@alice/api/types';"],
  'client-knows-public-types': ['packages/client/src/note.ts', "import type { Api } from '@alice/api';"],
  'testing-stays-in-tests': ['apps/server/src/note.ts', "import '@alice/api/testing';"],
};

/** A small workspace without violations. Each test adds one. */
const correct = {
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
  'packages/api/src/root.ts': "import './features/tasks/router.ts'; import './account/sessions/router.ts';",
  'packages/api/src/types.ts': "export type { root } from './root.ts';",
  'packages/api/src/context.ts': "import type { Deps } from './deps.ts'; export type Context = Deps;",
  'packages/api/src/deps.ts':
    "import type { Database } from '@alice/db'; import type { Gate } from './account/sessions/gate.ts'; export type Deps = Gate;",
  'packages/api/src/testing/index.ts': "import '../root.ts';",
  'packages/api/src/errors/domain-error.ts': "import '@trpc/server';",
  'packages/api/src/procedures/access.ts':
    "import '@trpc/server'; import '../errors/domain-error.ts'; import '../platform/history/table.ts'; " +
    "import type { Context } from '../context.ts';",
  [`${platform}/schemas/text.ts`]: "import 'zod';",
  [`${platform}/history/table.ts`]: "import '@alice/db'; import '../../errors/domain-error.ts';",
  [`${account}/sessions/router.ts`]:
    "import '../../procedures/access.ts'; import './get-session.ts'; import '../profile/schemas.ts';",
  [`${account}/sessions/get-session.ts`]: "import './gate.ts'; import '../profile/person.ts';",
  [`${account}/sessions/gate.ts`]: "import '../../platform/history/table.ts'; export type Gate = string;",
  [`${account}/profile/person.ts`]: "import type { Context } from '../../context.ts';",
  [`${account}/profile/entity.ts`]: "import '../../platform/history/table.ts';",
  [`${account}/profile/schemas.ts`]: "import 'zod';",
  [`${features}/tasks/router.ts`]:
    "import '../../procedures/access.ts'; import './schemas.ts'; import './get-task.ts';",
  [`${features}/tasks/schemas.ts`]:
    "import 'zod'; import '../../platform/schemas/text.ts'; import '../../account/profile/schemas.ts'; " +
    "import '@alice/db/models';",
  [`${features}/tasks/get-task.ts`]:
    "import '@alice/db'; import '../goals/get-goal.ts'; import '../goals/entity.ts'; import '../../account/profile/entity.ts'; " +
    "import '../../account/sessions/get-session.ts'; import type { Context } from '../../context.ts';",
  [`${features}/goals/get-goal.ts`]: '',
  [`${features}/goals/entity.ts`]: "import '../../platform/history/table.ts';",
  [`${features}/goals/progress.ts`]: '',
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

beforeAll(() => {
  parent = mkdtempSync(join(tmpdir(), 'alice-boundaries-'));
});

afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** Writes the files to a new temporary folder and returns its path. */
function write(files) {
  const folder = mkdtempSync(join(parent, 'workspace-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

/** The names of the rules that a workspace with these files violates. */
async function violatedRules(files) {
  const folder = write(files);
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
  it('accept a correct workspace', async () => {
    expect(await violatedRules(correct)).toEqual([]);
  });

  it('each have a violation in this test', () => {
    expect(Object.keys(violations).sort()).toEqual(config.forbidden.map(({ name }) => name).sort());
  });

  it.each(Object.entries(violations))('refuse a violation of %s', async (name, [path, line]) => {
    expect(await violatedRules({ ...correct, [path]: `${correct[path] ?? ''}\n${line}` })).toContain(name);
  });
});

describe('import cycles between folders', () => {
  const cyclesOf = (files) => folderCycles(join(write({ ...correct, ...files }), 'packages/api/src'));

  it('are not reported in a correct workspace, where the folders of account import each other', () => {
    const back = { [`${account}/profile/person.ts`]: "import type { Gate } from '../sessions/gate.ts';" };
    expect(cyclesOf(back)).toEqual([]);
  });

  it('are reported between features, also of types, and through a third folder', () => {
    expect(
      cyclesOf({ [`${features}/goals/get-goal.ts`]: "import type { Task } from '../tasks/get-task.ts';" }),
    ).toEqual([['features/goals', 'features/tasks']]);
    const through = {
      [`${features}/goals/get-goal.ts`]: "import '../sync/pull.ts';",
      [`${features}/sync/pull.ts`]: "import '../tasks/get-task.ts';",
    };
    expect(cyclesOf(through)).toEqual([['features/goals', 'features/sync', 'features/tasks']]);
  });

  it('are reported between folders of platform, and between other folders', () => {
    const up = "import type { Gate } from '../account/sessions/gate.ts';";
    const cycles = cyclesOf({
      [`${platform}/history/lock.ts`]: "import '../schemas/text.ts';",
      [`${platform}/schemas/ids.ts`]: "import '../history/table.ts';",
      'packages/api/src/procedures/guards.ts': up,
    });
    expect(cycles.sort()).toEqual([
      ['account', 'procedures'],
      ['platform/history', 'platform/schemas'],
    ]);
  });
});
