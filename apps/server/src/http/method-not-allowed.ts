import { DomainError } from '@alice/api';
import type { Context } from 'hono';
import { problem } from './problem.ts';
import type { AppEnv } from './request-scope.ts';

/** The response to a method that is not in `allow` (RFC 9110, 15.5.6). */
export function methodNotAllowed(c: Context<AppEnv>, allow: string): Response {
  const message = `${c.req.method} is not allowed here. Allowed methods: ${allow}`;
  const response = problem(new DomainError('METHOD_NOT_ALLOWED', message), c.get('scope').id);
  response.headers.set('allow', allow);
  return response;
}
