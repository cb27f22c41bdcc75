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
    from: 'await jwtVerify(token,',
    to: 'await unchecked(token,',
    tests: [`${api}/auth/hostile-tokens.test.ts`, `${api}/auth/auth.test.ts`],
  },
  'session gate': {
    file: `${api}/trpc.ts`,
    from: 'const reading = deps.sessions.check(user);',
    to: 'const reading = undefined as void | Promise<void>;',
    tests: ['apps/server/test/matrix.test.ts'],
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
  'call limiter': {
    file: `${api}/trpc.ts`,
    from: 'if (budget.isUsedUp) throw usedUp(budget);',
    to: '',
    tests: ['apps/server/src/rest/rest.test.ts'],
  },
};
