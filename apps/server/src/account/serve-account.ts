import { existsSync } from 'node:fs';
import { DomainError } from '@alice/api';
import type { Hono } from 'hono';
import { methodNotAllowed } from '../http/method-not-allowed.ts';
import type { AppEnv, requestScope } from '../http/request-scope.ts';
import { answerPage, filePages, readBrowserFile, type StaticPage, staticPage } from '../http/static-page.ts';
import { accountPages, accountPolicy, renderAccountPage } from './pages.ts';

/** Serves the pages that links in mails open, below `/account`. They are rendered at the first request. */
export function serveAccount(app: Hono<AppEnv>, scoped: ReturnType<typeof requestScope>, name: string): void {
  let making: Promise<ReadonlyMap<string, StaticPage>> | undefined;
  const answer = scoped(async (c) => {
    making ??= makePages(name);
    const page = (await making).get(c.req.path.replace(/\/$/, ''));
    if (page === undefined) throw new DomainError('NOT_FOUND', 'Page not found');
    return answerPage(c, page);
  });
  app.get('/account', answer);
  app.get('/account/:page', answer);
  for (const path of Object.keys(accountPages)) {
    app.all(
      path,
      scoped((c) => methodNotAllowed(c, 'GET, HEAD, OPTIONS')),
    );
  }
}

async function makePages(name: string): Promise<ReadonlyMap<string, StaticPage>> {
  // The build copies them next to itself.
  const built = new URL('./account/', import.meta.url);
  const folder = existsSync(new URL('account.js', built)) ? built : new URL('./browser/', import.meta.url);
  const files = await Promise.all(
    ['account.css', 'account.js'].map((file) => readBrowserFile(new URL(file, folder), '/account')),
  );
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': accountPolicy,
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
  };
  return new Map([
    ...Object.entries(accountPages).map(
      ([address, page]) => [address, staticPage(renderAccountPage(name, page, files), headers)] as const,
    ),
    ...filePages(files),
  ]);
}
