import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Hono } from 'hono';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { clientAddress } from '../http/client-address.ts';
import { type AppEnv, requestScope } from '../http/request-scope.ts';
import { cors } from '../http/response-headers.ts';
import { sessionCookies } from '../http/session-cookies.ts';
import { serveDocs } from './serve-docs.ts';

const log = pino({ level: 'silent' });
const scoped = requestScope({
  log,
  accessLog: log,
  isDraining: () => false,
  cors: cors([]),
  cookies: sessionCookies('http://localhost:8000', []),
  clientAddress: clientAddress([]),
});
const app = new Hono<AppEnv>();
serveDocs(app, scoped, { name: 'A<b>', version: '1.2.3' });

const addresses = async () =>
  [...(await (await app.request('/docs')).text()).matchAll(/"(\/docs\/[^"]+)"/g)].map(([, it = '']) => it);

describe('/docs', () => {
  it('serves a page whose CSP allows only this server', async () => {
    const response = await app.request('/docs');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self';");
    expect(policy).not.toMatch(/unsafe|https?:|\*/);
    for (const name of ['x-request-id', 'x-content-type-options', 'referrer-policy']) {
      expect(response.headers.get(name), name).not.toBeNull();
    }
    const html = await response.text();
    expect(html).toContain('<title>A&lt;b> API</title>');
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
  });

  it('loads only files that browsers may cache forever', async () => {
    const files = await addresses();
    expect(files).toHaveLength(4);
    for (const file of files) {
      const response = await app.request(file);
      expect(response.status, file).toBe(200);
      expect(response.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(response.headers.get('content-type')).toMatch(/^text\/(css|javascript); charset=utf-8$/);
    }
    for (const wrong of ['/docs/nothing.js', '/docs/start.js', '/docs/..%2f..%2fpackage.json']) {
      expect((await app.request(wrong)).status, wrong).toBe(404);
    }
  });

  it('also answers with a trailing slash', async () => {
    const response = await app.request('/docs/');
    expect([response.status, response.headers.get('location')]).toEqual([302, '/docs']);
  });
});

describe('/openapi.json', () => {
  it('serves the document, and 304 if the ETag matches', async () => {
    const response = await app.request('/openapi.json');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.json()).toMatchObject({ openapi: '3.1.1', info: { version: '1.2.3' } });
    const etag = response.headers.get('etag') ?? '';
    for (const held of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await app.request('/openapi.json', { headers: { 'if-none-match': held } });
      expect([again.status, again.headers.get('etag'), await again.text()]).toEqual([304, etag, '']);
    }
    expect((await app.request('/openapi.json', { headers: { 'if-none-match': '"other"' } })).status).toBe(200);
  });

  it('is compressed with an encoding that the client accepts', async () => {
    const plain = await (await app.request('/openapi.json')).text();
    const ask = async (accepted: string) => {
      const response = await app.request('/openapi.json', { headers: { 'accept-encoding': accepted } });
      expect(response.headers.get('vary')).toContain('accept-encoding');
      return { encoding: response.headers.get('content-encoding'), bytes: Buffer.from(await response.arrayBuffer()) };
    };
    const brotli = await ask('gzip, deflate, br, zstd');
    expect(brotli.encoding).toBe('br');
    expect(brotliDecompressSync(brotli.bytes).toString()).toBe(plain);
    expect(brotli.bytes.length).toBeLessThan(plain.length / 5);
    for (const accepted of ['gzip', 'br;q=0, gzip']) {
      const zipped = await ask(accepted);
      expect(zipped.encoding).toBe('gzip');
      expect(gunzipSync(zipped.bytes).toString()).toBe(plain);
    }
    expect((await ask('identity')).encoding).toBeNull();
  });
});

it('/ redirects browsers to the reference, and lists the addresses for programs', async () => {
  const browser = await app.request('/', { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
  expect([browser.status, browser.headers.get('location')]).toEqual([302, '/docs']);
  expect(await (await app.request('/')).json()).toMatchObject({ version: '1.2.3', docs: '/docs' });
});
