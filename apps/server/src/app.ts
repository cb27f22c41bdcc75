import { type Deps, DomainError } from '@alice/api';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import { serveAccount } from './account/serve-account.ts';
import { serveDocs } from './docs/serve-docs.ts';
import type { Health } from './health.ts';
import { clientAddress } from './http/client-address.ts';
import { methodNotAllowed } from './http/method-not-allowed.ts';
import { type AppEnv, requestScope } from './http/request-scope.ts';
import { cors } from './http/response-headers.ts';
import { sessionCookies } from './http/session-cookies.ts';
import { prefix } from './rest/answer-route.ts';
import { serveRest } from './rest/serve-rest.ts';
import { serveRpc } from './rpc/serve-rpc.ts';

export interface AppOptions {
  readonly deps: Deps;
  readonly log: Logger;
  /** Gets one line per request. */
  readonly accessLog: Logger;
  readonly name: string;
  readonly version: string;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly checkHealth: () => Promise<Health>;
  /** True as soon as the process is shutting down. */
  readonly isDraining: () => boolean;
  /** False: only health endpoints, for a process that only runs jobs. */
  readonly servesApi?: boolean;
}

/** The HTTP app, with all its dependencies passed in; `app.request()` calls it without a socket. */
export function createApp(options: AppOptions): Hono<AppEnv> {
  const { deps, log, accessLog, checkHealth, isDraining } = options;
  const origins = cors(options.corsOrigins);
  // A trailing slash is ignored.
  const app = new Hono<AppEnv>({ strict: false });

  const scoped = requestScope({
    log,
    accessLog,
    isDraining,
    cors: origins,
    cookies: sessionCookies(deps.site.url, deps.site.origins),
    clientAddress: clientAddress(options.trustedProxies),
  });

  app.options(
    '*',
    scoped((c) => c.body(null, 204, origins.preflightFor(c.req.header('origin')))),
  );
  const { servesApi = true } = options;
  if (servesApi) app.all('/trpc/*', scoped(serveRpc(deps)));

  app.get(
    '/livez',
    scoped((c) => c.text('ok')),
  );
  app.get(
    '/readyz',
    scoped(async (c) => {
      const isReady = !isDraining() && (await checkHealth()).services.db === 'ok';
      return c.text(isReady ? 'ready' : 'not ready', isReady ? 200 : 503);
    }),
  );
  app.get(
    '/api/v1/health',
    scoped(async (c) => {
      const health = await checkHealth();
      return c.json(health, health.status === 'unhealthy' ? 503 : 200);
    }),
  );
  for (const path of ['/livez', '/readyz', '/api/v1/health']) {
    app.all(
      path,
      scoped((c) => methodNotAllowed(c, 'GET, HEAD, OPTIONS')),
    );
  }
  const { name, version } = options;
  const nothing = scoped(() => {
    throw new DomainError('NOT_FOUND', 'Endpoint not found');
  });
  app.notFound(nothing);
  if (!servesApi) return app;
  // A separate router: with this many routes, Hono's fast router gives up, which would slow down every tRPC call.
  const rest = new Hono<AppEnv>({ strict: false });
  serveRest(rest, scoped, deps, version);
  rest.notFound(nothing);
  app.all(`${prefix}/*`, (c) => rest.fetch(c.req.raw, c.env));
  serveDocs(app, scoped, { name, version });
  serveAccount(app, scoped, name);
  return app;
}
