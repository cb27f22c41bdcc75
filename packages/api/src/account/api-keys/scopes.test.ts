import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import type { ProcedureFacts } from '../../procedures/procedure-map.ts';
import { type Scope, scopes } from '../../procedures/procedure-meta.ts';
import { procedureMap } from '../../root.ts';
import { requestContext, signUp, testDeps } from '../../testing/index.ts';

const guarded = [...procedureMap.values()].filter(({ meta }) => meta.access !== 'public');
const scopeOf = ({ meta }: ProcedureFacts) => meta.scope;
const scoped = guarded.flatMap((procedure) => {
  const scope = scopeOf(procedure);
  return scope === undefined ? [] : [{ procedure, path: procedure.path, scope }];
});
const closed = guarded.filter((procedure) => scopeOf(procedure) === undefined);

let deps: Deps;
let keyWith: (allowed: readonly Scope[]) => Promise<string>;

beforeAll(async () => {
  deps = await testDeps(await testDatabase());
  const { api, user } = await signUp(deps);
  await deps.db.prisma.user.update({ where: { id: user.id }, data: { role: 'admin' } });
  const made = new Map<string, Promise<string>>();
  keyWith = (allowed) => {
    const name = allowed.join(' ');
    const key =
      made.get(name) ?? api.apiKeys.create({ name: 'k', scopes: [...allowed] }).then((created) => created.key);
    made.set(name, key);
    return key;
  };
});
afterAll(() => deps.db.close());

interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** Why the call was refused; null where it got past the ladder, whatever became of it. */
async function refusalOf({ path, type, call }: ProcedureFacts, key: string): Promise<Refusal | null> {
  const ctx = await requestContext(deps, key);
  const stop = new AbortController();
  try {
    // An input that no schema takes: nothing is done, and whoever sees it has passed.
    await call({ path, type, ctx, getRawInput: async () => ({ none: uuidv7() }), signal: stop.signal, batchIndex: 0 });
    return null;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const isRefusal =
      cause instanceof Error &&
      'code' in cause &&
      ['INSUFFICIENT_SCOPE', 'UNAUTHENTICATED', 'FORBIDDEN', 'FRESH_SIGN_IN_REQUIRED'].includes(String(cause.code));
    return isRefusal ? { code: String(cause.code), message: cause.message } : null;
  } finally {
    stop.abort();
  }
}

describe.each(scoped)('$path, with an API key,', ({ procedure, scope }) => {
  it(`requires ${scope}, and accepts no other scope instead`, async () => {
    const others = scopes.filter((each) => each !== scope);
    expect(await refusalOf(procedure, await keyWith(others))).toEqual({
      code: 'INSUFFICIENT_SCOPE',
      message: `The API key needs the scope ${scope}`,
    });
  });

  it('requires no other scope', async () => {
    expect(await refusalOf(procedure, await keyWith([scope]))).toBeNull();
  });

  it('requires a read scope to read, and a write scope to write', () => {
    const isRead = procedure.type !== 'mutation';
    expect(scope.endsWith(isRead ? ':read' : ':write')).toBe(true);
  });
});

it.each(closed)('$path requires a session: a key with all scopes is refused', async (procedure) => {
  expect(await refusalOf(procedure, await keyWith(scopes))).toEqual({
    code: 'INSUFFICIENT_SCOPE',
    message: 'API keys cannot call this operation: sign in instead',
  });
});

it('account security is closed to API keys; administration requires its own scopes', () => {
  for (const procedure of guarded) {
    const scope = scopeOf(procedure);
    const { access } = procedure.meta;
    if (access === 'fresh') expect([procedure.path, scope]).toEqual([procedure.path, undefined]);
    if (access === 'admin' && scope !== undefined)
      expect([procedure.path, scope.split(':')[0]]).toEqual([procedure.path, 'accounts']);
    if (access === 'authed' && scope !== undefined)
      expect([procedure.path, scope.split(':')[0]]).not.toContain('accounts');
  }
});

it('every scope gives access to something', () => {
  expect(scopes.filter((scope) => !scoped.some((each) => each.scope === scope))).toEqual([]);
});
