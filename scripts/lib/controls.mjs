/** Each safety control: where it stands, what the code is without it, and the tests of which at least one must then fail. */
const api = 'packages/api/src';

export const controls = {
  'ownership filter': {
    file: `${api}/changes/tables.ts`,
    from: `const owned = 't.user_id = $1 AND t.id = $2';`,
    to: `const owned = '($1::uuid IS NOT NULL) AND t.id = $2';`,
    tests: ['apps/server/test/matrix.test.ts'],
  },
  'ownership filter of a read': {
    file: `${api}/tasks/get-task.ts`,
    from: 't.user_id = $1 AND',
    to: '$1::uuid IS NOT NULL AND',
    tests: ['apps/server/test/matrix.test.ts'],
  },
  'compare-and-swap of a version': {
    file: `${api}/changes/update-row.ts`,
    from: 'WHERE $6::int IS NULL OR (p.r).version = $6',
    to: 'WHERE $6::int IS NULL OR true',
    tests: [`${api}/changes/changes.test.ts`],
  },
  'compare-and-swap of a refresh token': {
    file: `${api}/auth/refresh.ts`,
    from: 'AND refresh_hash = $3 AND ended_at IS NULL',
    to: 'AND $3::bytea IS NOT NULL AND ended_at IS NULL',
    tests: [`${api}/auth/refresh.test.ts`, `${api}/auth/auth.test.ts`],
  },
  'signature check': {
    file: `${api}/auth/tokens.ts`,
    from: 'await jwtVerify(token, (header) => keyFor(keys, header, typ), {',
    to: `await (async (..._) => ({ payload: JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) }))({`,
    tests: [`${api}/auth/hostile-tokens.test.ts`, `${api}/auth/auth.test.ts`],
  },
  'session gate': {
    file: `${api}/trpc.ts`,
    from: 'const isReading = deps.sessions.check(user);',
    to: 'const isReading = undefined;',
    tests: ['apps/server/test/matrix.test.ts'],
  },
  'session gate where something lasts': {
    file: `${api}/auth/require-live.ts`,
    from: `if (found.length === 0) throw new DomainError('UNAUTHENTICATED', 'This session has ended');`,
    to: '',
    tests: [`${api}/auth/require-live.test.ts`],
  },
  'session gate after a step of the clock': {
    file: `${api}/auth/session-gate.ts`,
    from: 'ELSE least($1, now) -',
    to: 'ELSE now -',
    tests: [`${api}/auth/session-gate-clocks.test.ts`],
  },
  'scope check': {
    file: `${api}/trpc.ts`,
    from: 'if (user.scopes !== null) requireScope(user.scopes, meta);',
    to: '',
    tests: [`${api}/api-keys`],
  },
  'fresh sign-in': {
    file: `${api}/trpc.ts`,
    from: `if (found?.fresh !== true) throw new DomainError('FRESH_SIGN_IN_REQUIRED');`,
    to: '',
    tests: [`${api}/procedures.test.ts`],
  },
  'administrator check': {
    file: `${api}/trpc.ts`,
    from: `if (account?.role !== 'admin') throw new DomainError('FORBIDDEN', 'This is for administrators');`,
    to: '',
    tests: ['apps/server/test/parity-errors.test.ts'],
  },
  'dummy hash': {
    file: `${api}/auth/verify-password.ts`,
    from: '? await passwords.verifyNobody(password)',
    to: '? false',
    tests: ['apps/server/test/timed/nobody-learns.test.ts'],
    build: true,
  },
  'limit of codes by where they come from': {
    file: `${api}/limits/guess-budgets.ts`,
    from: `return whose === placeOf(guess);`,
    to: `return whose === 'elsewhere';`,
    tests: [`${api}/second-factor/guessing-codes.test.ts`],
  },
  'limit of guesses': {
    file: `${api}/limits/guesses.ts`,
    from: 'if (refused.length === 0) return { giveBack };',
    to: 'if (refused.length >= 0) return { giveBack };',
    tests: [`${api}/auth/guessing.test.ts`],
  },
  'a code counts once': {
    file: `${api}/totp/verify-totp.ts`,
    from: 'AND last_step < $3',
    to: 'AND $3::bigint IS NOT NULL',
    tests: [`${api}/second-factor/second-factor.test.ts`],
  },
  'cookie that a sibling host has planted': {
    file: 'apps/server/src/http/session-cookies.ts',
    from: 'const isOurs = (value: string) => [null, marked].includes(sessionOf(value));',
    to: 'const isOurs = (_value: string) => true;',
    tests: ['apps/server/src/http'],
  },
  'origin of a cookie': {
    file: 'apps/server/src/http/session-cookies.ts',
    from: `if (site !== undefined && site !== 'same-origin') return false;`,
    to: 'return true;',
    tests: ['apps/server/src/http'],
  },
  'history that cannot be altered': {
    file: 'prisma/migrations/20261125071733_accounts/migration.sql',
    from: 'CREATE TRIGGER activity_kept BEFORE UPDATE OR DELETE',
    to: 'CREATE TRIGGER activity_kept BEFORE INSERT',
    tests: [`${api}/activity/activity.test.ts`],
  },
  'nothing but the database within a transaction': {
    file: `${api}/auth/confirm.ts`,
    from: 'await beforeTransaction(ctx, (outside) => requirePassword(outside, password));',
    to: 'await requirePassword(ctx, password);',
    tests: [`${api}/changes/do-once.test.ts`],
  },
  'depth of JSON': {
    file: 'apps/server/src/http/require-shallow.ts',
    from: 'if (level > mostLevels) throw tooDeep();',
    to: '',
    tests: ['apps/server/src/http/deep-json.test.ts'],
  },
  'call limiter': {
    file: `${api}/trpc.ts`,
    from: 'request.reply.budget = budget;\n  if (budget.isUsedUp) throw usedUp(budget);',
    to: 'request.reply.budget = budget;',
    tests: ['apps/server/src/rest/rest.test.ts'],
  },
};
