import type { AppRouter } from '@alice/api/types';
import { httpBatchLink, httpLink, type Operation, splitLink, type TRPCLink } from '@trpc/client';
import { authorization } from './credentials.ts';
import { hasIdempotencyKey, idempotencyKeys } from './idempotency-key.ts';
import { reviveInstants } from './revive-instants.ts';
import { createWireFetch } from './wire-fetch.ts';

/** What each request carries beside the calls. */
export type HeaderSource = HeaderRecord | (() => HeaderRecord | Promise<HeaderRecord>);
type HeaderRecord = Readonly<Record<string, string>>;

/** Where the procedures are, and how they are reached. */
export interface WireOptions {
  readonly base: string;
  readonly fetch: typeof fetch;
  readonly headers: HeaderSource;
}

/** The server takes no more in one request. */
const maxItems = 10;
const maxURLLength = 4_000;
/** A query this long fills a request by itself. */
const longInput = 2_000;

/** From an operation to HTTP: most calls of one moment share a request, some go alone. */
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
 * A batch answers as a whole, so what is known to be slow goes alone: `auth` (hashing passwords) and `insights`.
 * So does what asks for it, a query too long to share an address, and a mutation without a key where others have one each.
 */
function goesAlone(operation: Operation): boolean {
  const { type, path, input, context } = operation;
  if (context['skipBatch'] === true || /^(auth|insights)\./.test(path)) return true;
  if (type === 'mutation') return !hasIdempotencyKey(operation);
  return encodeURIComponent(JSON.stringify(input) ?? '').length > longInput;
}
