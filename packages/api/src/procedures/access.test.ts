import { testDatabase } from '@alice/db/testing';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Deps } from '../deps.ts';
import { DomainError, type ErrorCode, errorKinds } from '../errors/domain-error.ts';
import { fromUnknown, toDomainError } from '../errors/to-domain-error.ts';
import { requestContext, signUp, testDeps } from '../testing/index.ts';
import { admin } from './access.ts';
import { createCallerFactory, router } from './trpc.ts';

let deps: Deps;

beforeAll(async () => {
  deps = await testDeps(await testDatabase());
});
afterAll(() => deps.db.close());

describe('the admin access level', () => {
  const createCaller = createCallerFactory(
    router({
      count: admin({ summary: 'Count', rest: { none: 'only for this test' } })
        .output(z.number())
        .query(() => 1),
    }),
  );
  const countAs = async (token: string | null) => createCaller(await requestContext(deps, token)).count();

  it('allows only administrators; losing the role takes effect at the next call', async () => {
    const { tokens, user } = await signUp(deps);
    const setRole = (role: 'user' | 'admin') => deps.db.prisma.user.update({ where: { id: user.id }, data: { role } });
    await expect(countAs(null)).rejects.toMatchObject({ cause: { code: 'UNAUTHENTICATED' } });
    await expect(countAs(tokens.accessToken)).rejects.toMatchObject({ cause: { code: 'FORBIDDEN' } });
    await setRole('admin');
    expect(await countAs(tokens.accessToken)).toBe(1);
    await setRole('user');
    await expect(countAs(tokens.accessToken)).rejects.toMatchObject({ cause: { code: 'FORBIDDEN' } });
  });
});

describe('tRPC errors', () => {
  it('have the same HTTP status as over REST, except where tRPC has no such status', () => {
    const differing = Object.entries(errorKinds).flatMap(([code, { status, trpc }]) => {
      const overTrpc = getHTTPStatusCodeFromError(new TRPCError({ code: trpc }));
      return overTrpc === status ? [] : [`${code} ${status} ${overTrpc}`];
    });
    expect(differing).toEqual([
      'NOT_ACCEPTABLE 406 400',
      'STALE_VERSION 412 409',
      'FULL_SYNC_REQUIRED 410 409',
      'URI_TOO_LONG 414 400',
    ]);
  });

  it('reveal nothing about unexpected errors', () => {
    const secret = new Error('SELECT * FROM users');
    for (const error of [
      fromUnknown(secret),
      toDomainError(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: secret })),
      // Our own output that fails its schema is our fault, although zod found it.
      toDomainError(new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: z.string().safeParse(1).error })),
    ]) {
      expect([error.code, error.message, error.errors]).toEqual(['INTERNAL', 'Internal server error', []]);
    }
  });

  it.each<[TRPCError, ErrorCode]>([
    [new TRPCError({ code: 'NOT_FOUND' }), 'NOT_FOUND'],
    [new TRPCError({ code: 'METHOD_NOT_SUPPORTED' }), 'METHOD_NOT_ALLOWED'],
    [new TRPCError({ code: 'PARSE_ERROR' }), 'VALIDATION_FAILED'],
    [new TRPCError({ code: 'INTERNAL_SERVER_ERROR', cause: new DomainError('BUSY') }), 'BUSY'],
  ])('that tRPC itself raises get our own message', (error, code) => {
    expect(toDomainError(error).code).toBe(code);
  });
});
