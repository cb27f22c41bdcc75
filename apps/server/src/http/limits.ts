import { DomainError } from '@alice/api';
import type { Context } from 'hono';
import type { AppEnv } from './request-scope.ts';

/** A batch of ten tasks with the longest notes fits. */
const maxBodyBytes = 1024 * 1024;
const maxUrlLength = 8192;

/** Refuses what is too long before anything reads it. Throws URI_TOO_LONG. */
export function limitUrl(c: Context): void {
  if (c.req.url.length > maxUrlLength)
    throw new DomainError('URI_TOO_LONG', `The address is longer than ${maxUrlLength} characters`);
}

/**
 * The body of a request as text. An announced length is believed, since the parser holds the client to it; a body without
 * one is counted as it comes. Throws UNSUPPORTED_MEDIA_TYPE on anything but JSON (a form can be posted from any page
 * without being asked, JSON cannot), PAYLOAD_TOO_LARGE, and CANCELLED where the client leaves before it has come.
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
    // A connection that was reset would otherwise look like the database's.
    throw new DomainError('CANCELLED', 'The client went away before its body had come', { cause });
  }
}

/** Throws UNSUPPORTED_MEDIA_TYPE unless the body is JSON. */
export function requireJson(c: Context): void {
  if (!/^application\/json(;|$)/i.test(c.req.header('content-type') ?? '')) {
    throw new DomainError('UNSUPPORTED_MEDIA_TYPE', 'Send the body as application/json');
  }
}

/** Whether a request brings a body: one with neither length nor type brings none. */
export function hasBody(c: Context): boolean {
  const length = c.req.header('content-length');
  return (
    (length !== undefined && length !== '0') ||
    c.req.header('transfer-encoding') !== undefined ||
    c.req.header('content-type') !== undefined
  );
}

/** Throws NOT_ACCEPTABLE unless the client takes this media type. */
export function requireAccepts(c: Context, type: string): void {
  const accept = c.req.header('accept');
  if (accept === undefined || accept === '*/*') return;
  const wide = `${type.split('/')[0]}/*`;
  for (const range of accept.split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const isRefused = parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
    if (!isRefused && (name === type || name === wide || name === '*/*')) return;
  }
  throw new DomainError('NOT_ACCEPTABLE', `This address answers ${type}, which the Accept header does not take`);
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
      // What was begun and is not read to its end cannot be skipped; what was not begun is, for a while, by the host.
      c.get('scope').endConnection();
      throw tooLarge();
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function tooLarge(): DomainError {
  return new DomainError('PAYLOAD_TOO_LARGE', `The body is larger than ${maxBodyBytes} bytes`);
}
