import type { Operation } from '@trpc/client';
import { expect, test } from 'vitest';
import { authorization, Credentials } from './credentials.ts';

const operation = (context: Record<string, unknown>): Operation => ({
  id: 1,
  type: 'query',
  path: 'tasks.list',
  input: {},
  context,
  signal: null,
});

test('all calls of a request are sent with one token, the latest, and know which', () => {
  const [before, after] = [new Credentials('old'), new Credentials('new')];
  const sent = authorization([operation({ credentials: before }), operation({}), operation({ credentials: after })]);
  expect(sent).toEqual({ authorization: 'Bearer new' });
  expect([before.accessToken, after.accessToken]).toEqual(['new', 'new']);
});

test('without a token there is no authorization header', () => {
  expect(authorization([operation({})])).toEqual({});
  expect(authorization([operation({ credentials: new Credentials(undefined) })])).toEqual({});
});
