import { signUp, testDeps } from '@alice/api/testing';
import { testDatabase } from '@alice/db/testing';
import { Hono } from 'hono';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { clientAddress } from '../http/client-address.ts';
import { type AppEnv, requestScope } from '../http/request-scope.ts';
import { cors } from '../http/response-headers.ts';
import { sessionCookies } from '../http/session-cookies.ts';
import { serveRest } from './serve-rest.ts';

const log = pino({ level: 'silent' });

it('serves an export as an attachment, in the usual envelope, and not cacheable', async () => {
  await using db = await testDatabase();
  const deps = await testDeps(db);
  const { tokens, user } = await signUp(deps);
  const app = new Hono<AppEnv>();
  const cookies = sessionCookies('http://localhost:8000', []);
  const parts = { clientAddress: clientAddress([]), cors: cors([]), cookies };
  serveRest(app, requestScope({ log, accessLog: log, ...parts, isDraining: () => false }), deps, '1');
  const headers = { authorization: `Bearer ${tokens.accessToken}` };

  const response = await app.request('/api/v1/users/me/export', { headers });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-disposition')).toBe('attachment; filename="alice-export-2026-03-04.json"');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('etag')).toBeNull();
  expect(await response.json()).toMatchObject({
    data: { format: 'alice-export', formatVersion: 1, user: { id: user.id } },
    message: 'Success',
  });
  const other = await app.request('/api/v1/users/me', { headers });
  expect(other.headers.get('content-disposition')).toBeNull();
  expect(other.headers.get('etag')).not.toBeNull();
});
