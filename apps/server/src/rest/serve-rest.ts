import type { Deps } from '@alice/api';
import type { Hono } from 'hono';
import { methodNotAllowed } from '../http/method-not-allowed.ts';
import type { Answer, AppEnv, requestScope } from '../http/request-scope.ts';
import { answerRoute, prefix } from './answer-route.ts';
import { type Route, restRoutes } from './routes.ts';

/** Adds a route below `/api/v1` for every procedure with a REST route; other methods get 405. */
export function serveRest(
  app: Hono<AppEnv>,
  scoped: ReturnType<typeof requestScope>,
  deps: Deps,
  release: string,
): void {
  const byAddress = Map.groupBy(restRoutes(), ({ rest }) => rest.path);
  // `/users/me` before `/users/{id}`.
  const addresses = [...byAddress].sort(([one], [other]) => Number(one.includes('{')) - Number(other.includes('{')));
  for (const [address, routes] of addresses) {
    const path = `${prefix}${address.replace(/\{(\w+)\}/g, ':$1')}`;
    const allow = allowed(routes);
    for (const route of routes) {
      const answer = answerRoute(route, deps, release);
      app.on(route.rest.method, path, scoped(route.reply === 'stream' ? exceptHead(answer, allow) : answer));
    }
    app.all(
      path,
      scoped((c) => methodNotAllowed(c, allow)),
    );
  }
}

function allowed(routes: readonly Route[]): string {
  const methods = routes.map(({ rest }) => rest.method);
  const hasHead = routes.some(({ rest, reply }) => rest.method === 'GET' && reply !== 'stream');
  return [...methods, ...(hasHead ? ['HEAD'] : []), 'OPTIONS'].join(', ');
}

/** Hono handles HEAD with the GET route and drops the body: that would open a stream that nobody reads or closes. */
function exceptHead(answer: Answer, allow: string): Answer {
  return (c) => (c.req.method === 'HEAD' ? methodNotAllowed(c, allow) : answer(c));
}
