import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

import { leftOutNow, slowest } from './vitest.passes.ts';

const exclude = [...configDefaults.exclude, ...leftOutNow(process.env)];

/** One server for the run (TEST_DATABASE_URL, or our own), and on it a migrated database that every test copies. */
const globalSetup = ['packages/db/src/testing-setup.ts'];

/** The slowest files start first, or one worker would end long after the others. A fresh clone has no times to go by. */
class SlowestFirst extends BaseSequencer {
  override async sort(files: Parameters<BaseSequencer['sort']>[0]): ReturnType<BaseSequencer['sort']> {
    const rank = ({ moduleId }: { readonly moduleId: string }) =>
      slowest.some((file) => moduleId.endsWith(file)) ? 0 : 1;
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    // A process each: argon2 keeps memory and threads that only the end of a process gives back.
    pool: 'forks',
    // For two cores: tests wait for processes, files and clocks for a third of their time.
    maxWorkers: 3,
    // A test that needs a second try hides a fault.
    retry: 0,
    sequence: { sequencer: SlowestFirst },
    // Against tests that hang, not a promise of speed: a busy machine takes several times as long.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 10_000 } },
    teardownTimeout: 10_000,
    restoreMocks: true,
    unstubEnvs: true,
    projects: [
      {
        extends: true,
        test: {
          name: 'api',
          include: ['packages/api/src/**/*.test.ts'],
          exclude,
          globalSetup,
          // No module here has state of its own, so a worker loads each once, and not for each file.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'product',
          include: ['packages/*/{src,test}/**/*.test.ts', 'apps/*/src/**/*.test.ts', 'prisma/**/*.test.ts'],
          exclude: [...exclude, 'packages/api/**'],
          globalSetup,
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['apps/*/test/**/*.test.ts'],
          exclude: [...exclude, 'apps/*/test/timed/**'],
          globalSetup,
          // Whole servers: not beside what keeps both cores busy.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: 'timed',
          include: ['apps/*/test/timed/**/*.test.ts'],
          exclude,
          // Held to milliseconds, or to a second: one file at a time, when nothing else runs.
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
      { extends: true, test: { name: 'workspace', include: ['scripts/**/*.test.mjs'], exclude } },
    ],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts', 'apps/server/src/**/*.ts'],
      exclude: [
        '**/generated/**',
        '**/*.test.ts',
        '**/testing/**',
        '**/testing*.ts',
        '**/test-source.ts',
        '**/fixtures/**',
        '**/generate.ts',
        '**/*.d.ts',
      ],
      reporter: ['text-summary', 'json-summary'],
      reportOnFailure: true,
    },
  },
});
