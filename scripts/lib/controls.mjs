/**
 * Each security control: its file, its code (`from`), the code without it (`to`), and tests of which at least one must fail
 * without it. `build` is for tests that run the built server.
 */
const api = 'packages/api/src';
const server = 'apps/server/src';

export const controls = {
  'ownership filter': {
    file: `${api}/platform/history/update-rows.ts`,
    from: 'owner} = $1${',
    to: 'owner} IS NOT NULL AND $1::uuid IS NOT NULL${',
    tests: ['apps/server/test/matrix.test.ts'],
  },
  'ownership filter of a read': {
    file: `${api}/features/tasks/get-task.ts`,
    from: 't.user_id = $1 AND',
    to: '$1::uuid IS NOT NULL AND',
    tests: ['apps/server/test/matrix.test.ts'],
  },
  'compare-and-swap of a version': {
    file: `${api}/platform/history/update-rows.ts`,
    from: 'WHERE p.version IS NULL OR (p.r).version = p.version',
    to: 'WHERE p.version IS NULL OR true',
    tests: [`${api}/platform/history/changes.test.ts`],
  },
  'compare-and-swap of a refresh token': {
    file: `${api}/account/sessions/refresh.ts`,
    from: 'AND refresh_hash = $3 AND ended_at IS NULL',
    to: 'AND $3::bytea IS NOT NULL AND ended_at IS NULL',
    tests: [`${api}/account/sessions/refresh.test.ts`, `${api}/account/sign-in/auth.test.ts`],
  },
  'signature check': {
    file: `${api}/account/sessions/tokens.ts`,
    from: 'await jwtVerify(token, (header) => keyFor(keys, header, typ), {',
    to: `await (async (..._) => ({ payload: JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) }))({`,
    tests: [`${api}/account/sessions/hostile-tokens.test.ts`, `${api}/account/sign-in/auth.test.ts`],
  },
  'session gate': {
    file: `${api}/procedures/access.ts`,
    from: 'const isReading = deps.sessions.check(user);',
    to: 'const isReading = undefined;',
    tests: ['apps/server/test/matrix.test.ts'],
  },
  'session gate before a sensitive change': {
    file: `${api}/account/sessions/require-live.ts`,
    from: `if (found.length === 0) throw new DomainError('UNAUTHENTICATED', 'This session has ended');`,
    to: '',
    tests: [`${api}/account/sessions/require-live.test.ts`],
  },
  'session gate after a clock jump': {
    file: `${api}/account/sessions/session-gate.ts`,
    from: 'ELSE least($1, now) -',
    to: 'ELSE now -',
    tests: [`${api}/account/sessions/session-gate-clocks.test.ts`],
  },
  'scope check': {
    file: `${api}/procedures/access.ts`,
    from: 'if (user.scopes !== null) requireScope(user.scopes, meta?.scope);',
    to: '',
    tests: [`${api}/account/api-keys`],
  },
  'recent authentication': {
    file: `${api}/account/sessions/require-recent-sign-in.ts`,
    from: `if (found?.fresh !== true) throw new DomainError('FRESH_SIGN_IN_REQUIRED');`,
    to: '',
    tests: [`${api}/procedures/procedures.test.ts`],
  },
  'administrator check': {
    file: `${api}/account/admin/require-administrator.ts`,
    from: `if (account?.role !== 'admin') throw new DomainError('FORBIDDEN', 'Administrator role required');`,
    to: '',
    tests: ['apps/server/test/parity-errors.test.ts'],
  },
  'dummy hash for unknown addresses': {
    file: `${api}/account/sign-in/verify-password.ts`,
    from: '? await passwords.verifyNobody(password)',
    to: '? false',
    tests: ['apps/server/test/nobody-learns.test.ts'],
    build: true,
  },
  'attempt limit of codes per network': {
    file: `${api}/platform/rate-limits/guess-budgets.ts`,
    from: `return whose === placeOf(guess);`,
    to: `return whose === 'elsewhere';`,
    tests: [`${api}/account/second-factor/guessing-codes.test.ts`],
  },
  'attempt limiter': {
    file: `${api}/platform/rate-limits/guesses.ts`,
    from: 'if (refused.length === 0) return { giveBack };',
    to: 'if (refused.length >= 0) return { giveBack };',
    tests: [`${api}/account/sign-in/guessing.test.ts`],
  },
  'single-use codes': {
    file: `${api}/account/second-factor/totp/verify-totp.ts`,
    from: 'AND last_step < $3',
    to: 'AND $3::bigint IS NOT NULL',
    tests: [`${api}/account/second-factor/second-factor.test.ts`],
  },
  'cookie planted by a sibling host': {
    file: 'apps/server/src/http/session-cookies.ts',
    from: 'const isOurs = (value: string) => [null, marked].includes(sessionOf(value));',
    to: 'const isOurs = (_value: string) => true;',
    tests: ['apps/server/src/http'],
  },
  'origin check of session cookies': {
    file: 'apps/server/src/http/session-cookies.ts',
    from: `if (site !== undefined && site !== 'same-origin') return false;`,
    to: 'return true;',
    tests: ['apps/server/src/http'],
  },
  'append-only history': {
    file: 'prisma/migrations/20261125071733_accounts/migration.sql',
    from: 'CREATE TRIGGER activity_kept BEFORE UPDATE OR DELETE',
    to: 'CREATE TRIGGER activity_kept BEFORE INSERT',
    tests: [`${api}/account/activity/activity.test.ts`],
  },
  'no hashing inside a transaction': {
    file: `${api}/account/sign-in/confirm.ts`,
    from: 'await beforeTransaction(ctx, (outside) => requirePassword(outside, password));',
    to: 'await requirePassword(ctx, password);',
    tests: [`${api}/platform/idempotency/do-once.test.ts`],
  },
  'JSON depth limit': {
    file: 'apps/server/src/http/require-shallow.ts',
    from: 'if (level > mostLevels) throw tooDeep();',
    to: '',
    tests: ['apps/server/src/http/deep-json.test.ts'],
  },
  'rate limit of calls': {
    file: `${api}/procedures/access.ts`,
    from: 'request.reply.budget = budget;\n  if (budget.isUsedUp) throw usedUp(budget);',
    to: 'request.reply.budget = budget;',
    tests: ['apps/server/src/rest/rest.test.ts'],
  },
  'comparison of a copied database': {
    file: 'packages/db/src/transfer/load-snapshot.ts',
    from: 'if (copy.rows === table.rows && copy.checksum === table.checksum) continue;',
    to: 'if (copy !== null) continue;',
    tests: ['packages/db/src/transfer/move-database.test.ts'],
  },
  'refusal of a target that is not empty': {
    file: 'packages/db/src/transfer/prepare-target.ts',
    from: 'if (row?.any === true)',
    to: 'if (row === null)',
    tests: ['packages/db/src/transfer/move-database.test.ts'],
  },
  'checksum of a backup': {
    file: 'packages/db/src/transfer/backup-reader.ts',
    from: `if ((await this.#line()) !== endLine(expected)) throw damaged('wrong hash');`,
    to: 'await this.#line();',
    tests: ['packages/db/src/transfer/backup-database.test.ts'],
  },
  'random demo password in production': {
    file: 'prisma/seed.ts',
    from: `settings.isProduction ? randomBytes(24).toString('base64url') : publicPassword`,
    to: 'publicPassword',
    tests: ['prisma/seed.test.ts'],
  },
  'size limit of the log buffer': {
    file: `${server}/log-output.ts`,
    from: 'if (this.#isClosed || this.#held + line.length > this.#heldLimit) {',
    to: 'if (line.length > this.#heldLimit) {',
    tests: [`${server}/log-output.test.ts`],
  },
  'forced exit of a hanging process': {
    file: `${server}/stop.ts`,
    from: "if (isThreadBusy()) process.kill(process.pid, 'SIGKILL');\n    else process.exit(1);",
    to: 'process.exit(1);',
    tests: [`${server}/stop.test.ts`],
  },
  'announced end of connections': {
    file: `${server}/stop.ts`,
    from: 'connections.isAnyUsedSince(startedAt - recentMs)',
    to: 'false',
    tests: [`${server}/listen.test.ts`],
  },
  'size limit of pending responses': {
    file: `${server}/http/reply-limits.ts`,
    from: 'if (this.#besideLargest(reply.owner) > this.#options.ownerBytes) this.#cut(reply);',
    to: '',
    tests: [`${server}/http/reply-limits.test.ts`],
  },
  'minimum speed of slow readers': {
    file: `${server}/http/reply-limits.ts`,
    from: 'if (reply.taken - mark.taken < windowBytes) this.#cut(reply);\n      else',
    to: '',
    tests: [`${server}/listen.test.ts`],
  },
  'refusal of a second Host header': {
    file: `${server}/listen.ts`,
    from: "if (countHosts(incoming) > 1) incoming.headers.host = '';",
    to: '',
    tests: [`${server}/listen.test.ts`],
  },
  'refusal of equal secrets': {
    file: `${server}/env.ts`,
    from: "given['SECRET_KEY'] !== undefined && given['SECRET_KEY'] === given['JWT_SECRET_KEY']",
    to: 'false',
    tests: [`${server}/env.test.ts`],
  },
  'concurrency limit per user': {
    file: `${api}/platform/rate-limits/concurrency-limiter.ts`,
    from: 'owner.running >= mostOf(owner, at)',
    to: 'owner.running >= Number.POSITIVE_INFINITY',
    tests: [`${api}/platform/rate-limits/concurrency-limiter.test.ts`],
  },
  'pause of a user who takes too much time': {
    file: `${api}/platform/rate-limits/concurrency-limiter.ts`,
    from: 'owner.restsUntil = at + Math.min(restFactor * took, longestRestMs);',
    to: 'owner.restsUntil = 0;',
    tests: [`${api}/platform/rate-limits/concurrency-limiter.test.ts`],
  },
  'fair queue for database connections': {
    file: 'packages/db/src/fair-queue.ts',
    from: 'if (owner.running >= this.#mostOf(name)) return false;',
    to: '',
    tests: ['packages/db/src/fair-queue.test.ts'],
  },
  'cancelling abandoned statements': {
    file: 'packages/db/src/postgres/watchdog.ts',
    from: 'if (hold.cancelled !== null) requestCancel(config, client);',
    to: '',
    tests: ['packages/db/src/callers.test.ts'],
  },
  'time limit of a search': {
    file: `${api}/features/tasks/search-tasks.ts`,
    from: ' || performance.now() > until',
    to: '',
    tests: [`${api}/features/tasks/list-cost.test.ts`],
  },
  'size limit of a page': {
    file: `${api}/platform/schemas/paging.ts`,
    from: 'export const fullPageCharacters = 250_000;',
    to: 'export const fullPageCharacters = 2_000_000_000;',
    tests: [`${api}/features/tasks/list-cost.test.ts`],
  },
};
