import { DomainError } from '@alice/api';
import type { Context } from 'hono';
import type { AppEnv } from './request-scope.ts';

/** Enough for a batch of ten tasks with the longest notes. */
const maxBodyBytes = 1024 * 1024;
const maxUrlLength = 8192;

/** Rejects long URLs before anything else reads them. Throws URI_TOO_LONG. */
export function limitUrl(c: Context): void {
  if (c.req.url.length > maxUrlLength)
    throw new DomainError('URI_TOO_LONG', `The URL is longer than ${maxUrlLength} characters`);
}

/**
 * The body of a request as text. It trusts Content-Length, which the HTTP parser enforces; other bodies are counted
 * while they arrive. Throws UNSUPPORTED_MEDIA_TYPE for anything but JSON (other pages can post a form without a
 * preflight, but not JSON), PAYLOAD_TOO_LARGE, and CANCELLED if the client disconnects.
 */
export async function readJsonBody(c: Context<AppEnv>): Promise<string> {
  requireJson(c);
  const length = c.req.header('content-length');
  const isCounted = length === undefined || c.req.header('transfer-encoding') !== undefined;
  if (!isCounted && Number(length) > maxBodyBytes) throw tooLarge();
  try {
    return await (isCounted ? readCounted(c) : c.req.text());
  } catch (cause) {
    if (cause instanceof DomainError) throw cause;
    // A connection reset would otherwise look like a database error.
    throw new DomainError('CANCELLED', 'The client closed the connection before the body was complete', { cause });
  }
}

/** Throws UNSUPPORTED_MEDIA_TYPE if the body is not JSON. */
export function requireJson(c: Context): void {
  if (!/^application\/json(;|$)/i.test(c.req.header('content-type') ?? '')) {
    throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'The request body must be application/json');
  }
}

/** Whether a request has a body: without a length and a type it has none. */
export function hasBody(c: Context): boolean {
  const length = c.req.header('content-length');
  return (
    (length !== undefined && length !== '0') ||
    c.req.header('transfer-encoding') !== undefined ||
    c.req.header('content-type') !== undefined
  );
}

/** Throws NOT_ACCEPTABLE if the client does not accept this media type. */
export function requireAccepts(c: Context, type: string): void {
  const accept = c.req.header('accept');
  if (accept === undefined || accept === '*/*') return;
  const wide = `${type.split('/')[0]}/*`;
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const isRefused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    if (!isRefused && (name === type || name === wide || name === '*/*')) return;
  }
  throw new DomainError('NOT_ACCEPTABLE', `The response would be ${type}, which the Accept header does not allow`);
}

async function readCounted(c: Context<AppEnv>): Promise<string> {
  const { body } = c.req.raw;
  if (body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > maxBodyBytes) {
      // The rest of a body that was read in part cannot be skipped, so the connection must end. An unread body is
      // skipped by the host.
      c.get('scope').endConnection();
      throw tooLarge();
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(): DomainError {
  return new DomainError('PAYLOAD_TOO_LARGE', `The request body is larger than ${maxBodyBytes} bytes`);
}
