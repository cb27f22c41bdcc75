import type { AppRouter } from '@alice/api/types';
import { httpBatchLink, httpLink, type Operation, splitLink, type TRPCLink } from '@trpc/client';
import { authorization } from './credentials.ts';
import { hasIdempotencyKey, idempotencyKeys } from './idempotency-key.ts';
import { reviveInstants } from './revive-instants.ts';
import { createWireFetch } from './wire-fetch.ts';

/** The headers of each request besides those of the calls. */
export type HeaderSource = HeaderRecord | (() => HeaderRecord | Promise<HeaderRecord>);
type HeaderRecord = Readonly<Record<string, string>>;

/** The URL of the procedures, and the `fetch` to use. */
export interface WireOptions {
  readonly base: string;
  readonly fetch: typeof fetch;
  readonly headers: HeaderSource;
}

/** The server's limit per request. */
const maxItems = 10;
const maxURLLength = 4_000;
/** A query this long is sent alone. */
const longInput = 2_000;

/** From an operation to HTTP: most concurrent calls share a request, some are sent alone. */
export function createLinks({ base, fetch, headers }: WireOptions): TRPCLink<AppRouter>[] {
  const wire = {
    url: base,
    fetch: createWireFetch(fetch),
    transformer: { serialize: (value: unknown) => value, deserialize: reviveInstants },
  };
  const headersOf = async (operations: readonly Operation[]) => ({
    ...(await ownHeaders(headers)),
    ...authorization(operations),
    ...idempotencyKeys(operations),
  });
  return [
    splitLink({
      condition: goesAlone,
      true: httpLink({ ...wire, headers: ({ op }) => headersOf([op]) }),
      false: httpBatchLink({ ...wire, maxItems, maxURLLength, headers: ({ opList }) => headersOf(opList) }),
    }),
  ];
}

export async function ownHeaders(source: HeaderSource): Promise<HeaderRecord> {
  return typeof source === 'function' ? source() : source;
}

/**
 * A batch responds as a whole, so slow calls are sent alone: `auth` (password hashing) and `insights`. So are calls
 * with `skipBatch`, queries that are too long to share a URL, and mutations without a key, since the others have one
 * each.
 */
function goesAlone(operation: Operation): boolean {
  const { type, path, input, context } = operation;
  if (context['skipBatch'] === true || /^(auth|insights)\./.test(path)) return true;
  if (type === 'mutation') return !hasIdempotencyKey(operation);
  return encodeURIComponent(JSON.stringify(input) ?? '').length > longInput;
}
