import { hash } from 'node:crypto';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { DomainError } from '@alice/api';
import type { Context, Hono } from 'hono';
import { methodNotAllowed } from '../http/method-not-allowed.ts';
import type { AppEnv, requestScope } from '../http/request-scope.ts';
import { createOpenApiDocument } from '../openapi/document.ts';
import { readBrowserFiles } from './browser-files.ts';
import { pagePolicy, renderPage } from './page.ts';

interface DocsOptions {
  /** Of the product, for the title. */
  readonly name: string;
  readonly version: string;
}

/** What is served at one address. */
interface Page {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What was made of it so far. */
  readonly compressed: Map<Encoding, Promise<Buffer>>;
}

type Encoding = 'br' | 'gzip';

const forEver = { 'cache-control': 'public, max-age=31536000, immutable' };
const askEachTime = { 'cache-control': 'no-cache' };

/**
 * Serves `/openapi.json`, the reference at `/docs` with the files that it loads, and `/`, which sends browsers there.
 * Everything is made when it is first asked for, so that a process that nobody reads costs nothing.
 */
export function serveDocs(app: Hono<AppEnv>, scoped: ReturnType<typeof requestScope>, options: DocsOptions): void {
  let making: Promise<ReadonlyMap<string, Page>> | undefined;
  const answer = scoped(async (c) => {
    making ??= makePages(options);
    const page = (await making).get(c.req.path);
    if (page === undefined) throw new DomainError('NOT_FOUND', 'Nothing is served at this address');
    return respond(c, page);
  });
  app.get('/openapi.json', answer);
  app.get('/docs', answer);
  app.get('/docs/:file', answer);
  app.get(
    '/docs/',
    scoped((c) => c.redirect('/docs')),
  );

  const { name, version } = options;
  const addresses = {
    rpc: '/trpc',
    rest: '/api/v1',
    openapi: '/openapi.json',
    docs: '/docs',
    health: '/api/v1/health',
  };
  app.get(
    '/',
    scoped((c) => {
      const isBrowser = c.req.header('accept')?.includes('text/html') ?? false;
      return isBrowser ? c.redirect('/docs') : c.json({ name, version, ...addresses });
    }),
  );
  for (const path of ['/', '/docs', '/openapi.json']) {
    app.all(
      path,
      scoped((c) => methodNotAllowed(c, 'GET, HEAD, OPTIONS')),
    );
  }
}

async function makePages({ name, version }: DocsOptions): Promise<ReadonlyMap<string, Page>> {
  const files = await readBrowserFiles();
  const document = createOpenApiDocument({ version });
  const html = { ...askEachTime, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy };
  return new Map([
    ['/openapi.json', makePage(JSON.stringify(document), { ...askEachTime, 'content-type': 'application/json' })],
    ['/docs', makePage(renderPage(name, document, files), html)],
    ...files.map(
      ({ address, type, bytes }) => [address, makePage(bytes, { ...forEver, 'content-type': type })] as const,
    ),
  ]);
}

function makePage(content: string | Buffer, headers: Page['headers']): Page {
  const bytes = Buffer.from(content);
  return { bytes, etag: `"${hash('sha256', bytes).slice(0, 24)}"`, headers, compressed: new Map() };
}

async function respond(c: Context<AppEnv>, page: Page): Promise<Response> {
  const scope = c.get('scope');
  const headers = scope.headersWith({ ...page.headers, vary: 'origin, accept-encoding', etag: page.etag });
  // A proxy that compresses weakens the tag: what it names is the same.
  if (c.req.header('if-none-match')?.includes(page.etag)) return new Response(null, { status: 304, headers });

  const encoding = acceptedEncoding(c.req.header('accept-encoding') ?? '');
  if (encoding === null) return new Response(new Uint8Array(page.bytes), { headers });
  const compressed = page.compressed.get(encoding) ?? compressors[encoding](page.bytes);
  page.compressed.set(encoding, compressed);
  return new Response(new Uint8Array(await compressed), { headers: { ...headers, 'content-encoding': encoding } });
}

function acceptedEncoding(header: string): Encoding | null {
  const accepts = (encoding: Encoding) =>
    new RegExp(`\\b${encoding}\\b(?!\\s*;\\s*q=0(?:\\.0*)?(?:,|$))`, 'i').test(header);
  return accepts('br') ? 'br' : accepts('gzip') ? 'gzip' : null;
}

const brotliSettings = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

const compressors: Readonly<Record<Encoding, (bytes: Buffer) => Promise<Buffer>>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, brotliSettings),
  gzip: (bytes) => promisify(gzip)(bytes),
};
