import { DomainError } from '@alice/api';
import type { Hono } from 'hono';
import { methodNotAllowed } from '../http/method-not-allowed.ts';
import type { AppEnv, requestScope } from '../http/request-scope.ts';
import { answerPage, filePages, type StaticPage, staticPage } from '../http/static-page.ts';
import { createOpenApiDocument } from '../openapi/document.ts';
import { readBrowserFiles } from './browser-files.ts';
import { pagePolicy, renderPage } from './page.ts';

interface DocsOptions {
  /** The name of the product, for the title. */
  readonly name: string;
  readonly version: string;
}

const askEachTime = { 'cache-control': 'no-cache' };

/**
 * Serves `/openapi.json`, the reference at `/docs` with its files, and `/`, which redirects browsers to it. Everything
 * is created at the first request, so that an unused reference costs nothing.
 */
export function serveDocs(app: Hono<AppEnv>, scoped: ReturnType<typeof requestScope>, options: DocsOptions): void {
  let making: Promise<ReadonlyMap<string, StaticPage>> | undefined;
  const answer = scoped(async (c) => {
    making ??= makePages(options);
    const page = (await making).get(c.req.path);
    if (page === undefined) throw new DomainError('NOT_FOUND', 'Page not found');
    return answerPage(c, page);
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

async function makePages({ name, version }: DocsOptions): Promise<ReadonlyMap<string, StaticPage>> {
  const files = await readBrowserFiles();
  const document = createOpenApiDocument({ version });
  const html = { ...askEachTime, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': pagePolicy };
  return new Map([
    ['/openapi.json', staticPage(JSON.stringify(document), { ...askEachTime, 'content-type': 'application/json' })],
    ['/docs', staticPage(renderPage(name, document, files), html)],
    ...filePages(files),
  ]);
}
