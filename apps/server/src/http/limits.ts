import { DomainError } from '@alice/api';
import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { AppEnv } from './request-scope.ts';

/** A batch of ten tasks with the longest notes fits. */
const maxBodyBytes = 1024 * 1024;
const maxUrlLength = 8192;

/** Refuses what is too long before anything reads it. */
export const limitUrl: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (c.req.url.length > maxUrlLength) throw new DomainError('URI_TOO_LONG', `The address is longer than ${maxUrlLength} characters`);
  await next();
};

/** Counts the bytes as they come, whatever length was announced. */
export const limitBody: MiddlewareHandler<AppEnv> = bodyLimit({
  maxSize: maxBodyBytes,
  onError: () => {
    throw new DomainError('PAYLOAD_TOO_LARGE', `The body is larger than ${maxBodyBytes} bytes`);
  },
});

/** A form can be posted from any page without being asked; JSON cannot. */
export const requireJson: MiddlewareHandler<AppEnv> = async (c, next) => {
  const hasBody = c.req.method !== 'GET' && c.req.method !== 'HEAD';
  if (hasBody && !/^application\/json(;|$)/i.test(c.req.header('content-type') ?? '')) {
    throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json');
  }
  await next();
};
