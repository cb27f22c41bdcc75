/**
 * The test files that a pass of `.ci/run` leaves out, because another of its passes runs them. TEST_PASS names the pass;
 * without it every test runs. A file is in one of these lists at most.
 */
export const lists = {
  /** Neither the kind of database nor Redis changes them: once, in the pass on the embedded database. */
  embeddedOnly: [
    // HTTP, files, mails and processes. Their database only serves the requests.
    'apps/bench/**',
    'apps/server/src/{docs,http,mail,openapi}/**',
    'apps/server/src/{env,event-loop,hashing-priority,listen,log,log-output,open-files,secrets,stop}.test.ts',
    'apps/server/test/{account-pages,browser,cookie-session,docs,limits,mail,passkeys,settings,slow-readers,stuck-log}.test.ts',
    // With a database of its own a stop has more to do than with a server's.
    'apps/server/test/stop.test.ts',
    // The words of the transports. The SQL of every procedure runs everywhere: in packages/api and in parity.test.ts.
    'apps/server/test/{error-table,exact-text,parity-errors,parity-keys}.test.ts',
    'apps/server/test/{openapi,openapi-client,openapi-replies,packed-client,readme}.test.ts',
    // The SDK has a server of its own for its tests, without a database.
    'packages/client/**',
    // They start their own databases, or need none. A backup reads and writes what a move does, which runs everywhere.
    'packages/db/src/transfer/{backup-database,fetch-binaries,open-location,open-pglite}.test.ts',
    'packages/db/src/postgres/**',
    'packages/db/src/{env,fair-queue,idle-guard,models}.test.ts',
    'scripts/**',
  ],
  /** Trials of speed and load that the kind of database does not change: once, on PostgreSQL and Redis, where two processes can run. */
  serversOnly: [
    'apps/server/test/{live-load,nobody-learns}.test.ts',
    'apps/server/test/timed/{api-keys,keyed-confirm,live-ends,login-flood,redis,redis-limits,revocation}.test.ts',
  ],
  /** The tests of the embedded database: no other server takes part in them. */
  needEmbedded: ['packages/db/src/embedded/**'],
  /** The same on every version of PostgreSQL: they test our queue, our commands and the lock of migrations. */
  sameOnEveryVersion: ['packages/db/src/{callers,cli}.test.ts', 'packages/db/src/migrations/many-processes.test.ts'],
};

/** They take half a minute and more. */
export const slowest = [
  'packages/db/src/embedded/open.test.ts',
  'packages/db/src/embedded/containers.test.ts',
  'packages/db/src/migrations/many-processes.test.ts',
  'packages/db/src/transfer/open-pglite.test.ts',
  'apps/server/test/mail.test.ts',
  'apps/server/test/kill.test.ts',
  'apps/server/test/parity-errors.test.ts',
  'apps/server/test/parity.test.ts',
  'apps/server/test/stop.test.ts',
  'apps/server/test/live-load.test.ts',
  'apps/server/test/nobody-learns.test.ts',
];

const { embeddedOnly, serversOnly, needEmbedded, sameOnEveryVersion } = lists;

/** What each pass leaves out; `versions` runs packages/db alone, on the versions of PostgreSQL in between. */
export const leftOut: Readonly<Record<string, readonly string[]>> = {
  embedded: serversOnly,
  servers: [...embeddedOnly, ...needEmbedded],
  versions: [...embeddedOnly, ...needEmbedded, ...sameOnEveryVersion],
};

/** What this run leaves out. Throws when TEST_PASS names no pass. */
export function leftOutNow(env: NodeJS.ProcessEnv): readonly string[] {
  const pass = env['TEST_PASS'];
  if (!pass) return env['TEST_DATABASE_URL'] ? needEmbedded : [];
  const found = leftOut[pass];
  if (found === undefined) throw new Error(`TEST_PASS: must be one of ${Object.keys(leftOut).join(', ')}`);
  return found;
}
