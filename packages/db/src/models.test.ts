import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';
import { expect, expectTypeOf, test } from 'vitest';

import type * as Models from './models.ts';
import { TaskStatus } from './models.ts';

test('a browser gets the enums and no server code', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('./models.ts', import.meta.url))],
    bundle: true,
    platform: 'browser',
    format: 'esm',
    write: false,
    metafile: true,
  });
  const inputs = Object.keys(metafile.inputs).map((path) => path.replace(/^.*src\//, ''));
  expect(inputs.toSorted()).toEqual(['generated/enums.ts', 'models.ts']);
  const code = outputFiles[0]?.text ?? '';
  expect(code).toContain('in_progress');
  expect(code).not.toMatch(/import|require|process|node:/);
  expect(code.length).toBeLessThan(3_000);
});

test('enums are plain constants', () => {
  expect(TaskStatus).toEqual({ todo: 'todo', in_progress: 'in_progress', done: 'done', cancelled: 'cancelled' });
});

test('models are flat and contain no secret', () => {
  expectTypeOf<keyof Models.User>().not.toEqualTypeOf<'passwordHash'>();
  expectTypeOf<Models.User>().not.toHaveProperty('passwordHash');
  expectTypeOf<Models.Session>().not.toHaveProperty('refreshHash');
  expectTypeOf<Models.Task['goalId']>().toEqualTypeOf<string | null>();
  expectTypeOf<Models.Task['status']>().toEqualTypeOf<Models.TaskStatus>();
});
