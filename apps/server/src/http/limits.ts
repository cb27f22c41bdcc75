import { DomainError } from '@alice/api';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { AppEnv } from './request-scope.ts';

/** A batch of ten tasks with the longest notes fits. */
const maxBodyBytes = 1024 * 1024;
const maxUrlLength = 8192;

const hasBody = (method: string) => method !== 'GET' && method !== 'HEAD';

/** Refuses what is too long before anything reads it. */
export const limitUrl: MiddlewareHandler<AppEnv> = (c, next) => {
  if (c.req.url.length > maxUrlLength) throw new DomainError('URI_TOO_LONG', `The address is longer than ${maxUrlLength} characters`);
  return next();
};

/** A form can be posted from any page without being asked; JSON cannot. */
export const requireJson: MiddlewareHandler<AppEnv> = (c, next) => {
  if (hasBody(c.req.method) && !/^application\/json(;|$)/i.test(c.req.header('content-type') ?? '')) {
    throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json');
  }
  return next();
};

const tooLarge = (): never => {
  throw new DomainError('PAYLOAD_TOO_LARGE', `The body is larger than ${maxBodyBytes} bytes`);
};
const countBytes = bodyLimit({ maxSize: maxBodyBytes, onError: tooLarge });

/** Believes an announced length, which the parser holds the client to; counts the bytes of a body without one. */
export const limitBody: MiddlewareHandler<AppEnv> = (c, next) => {
  if (!hasBody(c.req.method)) return next();
  const length = c.req.header('content-length');
  if (length === undefined || c.req.header('transfer-encoding') !== undefined) return countBytes(c, next);
  if (Number(length) > maxBodyBytes) tooLarge();
  return next();
};
