import type { FieldError } from '@alice/api/types';
import { AliceError, type AliceErrorCode, errorCode } from './alice-error.ts';

export function noReply(cause: unknown): AliceError {
  return new AliceError('NETWORK', 'The server cannot be reached', { cause });
}

/** The meaning of a status from a proxy. 401 is missing: it says nothing about our session. */
const codeOfStatus: Readonly<Record<number, AliceErrorCode>> = {
  413: 'PAYLOAD_TOO_LARGE',
  414: 'URI_TOO_LONG',
  429: 'TOO_MANY_REQUESTS',
  502: 'UNAVAILABLE',
  503: 'UNAVAILABLE',
  504: 'UNAVAILABLE',
};

/** A response that no procedure sent: the server rejected the whole request (problem+json), or a proxy responded. */
export function foreignReply({ status, headers }: Response, body: unknown): AliceError {
  const problem = isRecord(body) && typeof body['code'] === 'string' ? body : {};
  const { code, detail, title, request_id: id, errors } = problem;
  const message = [detail, title].find((text) => typeof text === 'string');
  return new AliceError(
    typeof code === 'string' ? errorCode(code) : (codeOfStatus[status] ?? 'NETWORK'),
    message ?? `The response is not from ALICE (HTTP ${status})`,
    {
      status,
      requestId: typeof id === 'string' ? id : (headers.get('x-request-id') ?? undefined),
      errors: Array.isArray(errors) ? errors.filter(isFieldError) : [],
      retryAfterMs: retryAfterMs(headers.get('retry-after')),
    },
  );
}

/** Only seconds: the other form, a date, would depend on the device's clock, which may be wrong. */
function retryAfterMs(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header) ? Number(header) * 1000 : undefined;
}

/** The whole body as text. Throws an `AliceError` if it is incomplete. */
export async function readText(response: Response): Promise<string> {
  try {
    return await response.text();
  } catch (cause) {
    throw noReply(cause);
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isFieldError(value: unknown): value is FieldError {
  return isRecord(value) && typeof value['path'] === 'string' && typeof value['message'] === 'string';
}
