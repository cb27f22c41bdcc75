import { testDatabase } from '@alice/db/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { instant } from '../platform/schemas/time.ts';
import { procedureMap } from '../root.ts';
import { requestContext, signUp, type TestClock, testClock, testDeps } from '../testing/index.ts';
import type { ProcedureFacts } from './procedure-map.ts';
import { itemOf } from './streams.ts';

const procedures = [...procedureMap.values()];

/** Everybody may call these: whoever opens another says so here. */
const open = [
  'auth.register',
  'auth.login',
  'auth.refresh',
  'auth.verifyEmail',
  'auth.requestPasswordReset',
  'auth.resetPassword',
  'auth.confirmEmailChange',
  'secondFactor.signIn',
  'passkeys.signInOptions',
  'passkeys.signIn',
];
const guarded = procedures.filter(({ path }) => !open.includes(path));
const sensitive = procedures.filter(({ meta }) => meta.access === 'fresh');

it('the procedures without sign-in are exactly those listed here', () => {
  expect(procedures.filter(({ meta }) => meta.access === 'public').map(({ path }) => path)).toEqual(open);
});

describe.each(procedures)('$path', ({ meta, output }) => {
  it('declares its REST address, or why it has none', () => {
    const { rest, summary } = meta;
    if ('none' in rest) expect(rest.none.length).toBeGreaterThan(10);
    else
      expect(`${rest.method} ${rest.path}: ${summary}`).toMatch(/^(GET|POST|PATCH|PUT|DELETE) \/[\w/{}-]+: [\w-]{3}/);
  });

  it('declares its output, in which exactly the instants have keys that end in At', () => {
    expect(output).toBeInstanceOf(z.ZodType);
    for (const [key, schema] of fieldsOf(itemOf(output) ?? output))
      expect([key, key.endsWith('At')]).toEqual([key, isInstant(schema)]);
  });
});

it('no two procedures share a REST address', () => {
  const addresses = procedures.flatMap(({ meta: { rest } }) => ('none' in rest ? [] : [`${rest.method} ${rest.path}`]));
  expect(new Set(addresses).size).toBe(addresses.length);
});

describe('access levels', () => {
  let deps: Deps;
  let clock: TestClock;
  beforeAll(async () => {
    clock = testClock();
    deps = await testDeps(await testDatabase(), { clock });
  });
  afterAll(() => deps.db.close());

  async function call({ path, type, call: run }: ProcedureFacts, accessToken: string | null, input: unknown) {
    const ctx = await requestContext(deps, accessToken);
    return run({ path, type, ctx, getRawInput: async () => input, signal: undefined, batchIndex: 0 });
  }

  async function codeOf(procedure: ProcedureFacts, accessToken: string | null, input: unknown): Promise<string> {
    try {
      await call(procedure, accessToken, input);
      return 'OK';
    } catch (error) {
      return error instanceof Error && error.cause instanceof Error && 'code' in error.cause
        ? String(error.cause.code)
        : String(error);
    }
  }

  it.each(guarded)('$path refuses callers who are not signed in', async (procedure) => {
    const [disabled, loggedOut, expired] = await Promise.all([signUp(deps), signUp(deps), signUp(deps)]);
    await deps.db.prisma.user.update({ where: { id: disabled.user.id }, data: { disabledAt: new Date() } });
    await loggedOut.api.auth.logout();
    const input = { id: uuidv7(), title: 't' };
    for (const { tokens } of [disabled, loggedOut]) {
      expect(await codeOf(procedure, tokens.accessToken, input)).toBe('UNAUTHENTICATED');
    }
    clock.advance({ minutes: 16 });
    for (const token of [null, 'nonsense', expired.tokens.accessToken, expired.tokens.refreshToken]) {
      expect(await codeOf(procedure, token, input)).toBe('UNAUTHENTICATED');
    }
  });

  it.each(sensitive)('$path requires authentication less than five minutes ago', async (procedure) => {
    const { tokens } = await signUp(deps);
    clock.advance({ minutes: 4, seconds: 59 });
    expect(await codeOf(procedure, tokens.accessToken, {})).not.toBe('FRESH_SIGN_IN_REQUIRED');
    clock.advance({ seconds: 1 });
    expect(await codeOf(procedure, tokens.accessToken, {})).toBe('FRESH_SIGN_IN_REQUIRED');
  });

  it.each(guarded.filter(({ inputs }) => inputs.length > 0))('$path refuses unknown fields', async (procedure) => {
    const { tokens, user } = await signUp(deps);
    await deps.db.prisma.user.update({ where: { id: user.id }, data: { role: 'admin' } });
    const known = { id: uuidv7(), title: 't' };
    const refusal = call(procedure, tokens.accessToken, { ...known, role: 'admin', userId: uuidv7() });
    await expect(refusal).rejects.toMatchObject({ code: 'BAD_REQUEST', cause: { name: 'ZodError' } });
  });
});

function isInstant(schema: z.ZodType): boolean {
  return schema === instant || (schema instanceof z.ZodNullable && schema.unwrap() === instant);
}

/** Every field of a schema, at any depth. */
function* fieldsOf(schema: unknown): Generator<[string, z.ZodType]> {
  if (schema instanceof z.ZodArray) yield* fieldsOf(schema.element);
  if (schema instanceof z.ZodNullable || schema instanceof z.ZodOptional) yield* fieldsOf(schema.unwrap());
  if (schema instanceof z.ZodUnion) for (const option of schema.options) yield* fieldsOf(option);
  if (schema instanceof z.ZodObject) {
    for (const [key, field] of Object.entries(schema.shape)) {
      yield [key, field];
      yield* fieldsOf(field);
    }
  }
}
