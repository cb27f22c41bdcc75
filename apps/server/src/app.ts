import { type Deps, DomainError, errorKinds, fromUnknown } from '@alice/api';
import { Hono } from 'hono';
import type { Logger } from 'pino';
import type { Health } from './health.ts';
import { clientAddress } from './http/client-address.ts';
import { limitBody, limitUrl, requireJson } from './http/limits.ts';
import { problem } from './http/problem.ts';
import { type AppEnv, requestScope } from './http/request-scope.ts';
import { cors } from './http/response-headers.ts';
import { serveRpc } from './rpc/serve-rpc.ts';

export interface AppOptions {
  readonly deps: Deps;
  readonly log: Logger;
  /** Takes the one line of each request. */
  readonly accessLog: Logger;
  readonly name: string;
  readonly version: string;
  readonly corsOrigins: readonly string[];
  readonly trustedProxies: readonly string[];
  readonly checkHealth: () => Promise<Health>;
  /** True from the moment that the process was told to stop. */
  readonly isDraining: () => boolean;
}

/** The whole HTTP surface, with everything that it needs handed in; `app.request()` asks it without a socket. */
export function createApp(options: AppOptions): Hono<AppEnv> {
  const { deps, log, accessLog, checkHealth, isDraining } = options;
  const origins = cors(options.corsOrigins);
  const app = new Hono<AppEnv>();

  app.use(requestScope({ log, accessLog, isDraining, cors: origins, clientAddress: clientAddress(options.trustedProxies) }));
  app.use(limitUrl);
  app.options('*', (c) => c.body(null, 204, origins.preflightFor(c.req.header('origin'))));

  app.get('/livez', (c) => c.text('ok'));
  app.get('/readyz', async (c) => {
    const isReady = !isDraining() && (await checkHealth()).services.db === 'ok';
    return c.text(isReady ? 'ready' : 'not ready', isReady ? 200 : 503);
  });
  app.get('/api/v1/health', async (c) => {
    const health = await checkHealth();
    return c.json(health, health.status === 'unhealthy' ? 503 : 200);
  });
  app.get('/', (c) => c.json({ name: options.name, version: options.version, rpc: '/trpc', health: '/api/v1/health' }));

  app.use('/trpc/*', requireJson, limitBody);
  app.all('/trpc/*', serveRpc(deps));

  app.notFound((c) => problem(new DomainError('NOT_FOUND', 'Nothing is served at this address'), c.get('scope').id));
  app.onError((error, c) => {
    const failure = fromUnknown(error);
    const scope = c.get('scope');
    if (errorKinds[failure.code].status >= 500) scope.log.error({ err: failure.cause ?? error }, 'failed');
    return problem(failure, scope.id);
  });
  return app;
}
