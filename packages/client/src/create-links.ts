import type { AppRouter } from '@alice/api/types';
import { httpBatchLink, httpLink, type Operation, splitLink, type TRPCLink } from '@trpc/client';
import { authorization } from './credentials.ts';
import { reviveInstants } from './revive-instants.ts';
import { createWireFetch } from './wire-fetch.ts';

export type HeaderSource = Readonly<Record<string, string>> | (() => HeaderRecord | Promise<HeaderRecord>);
type HeaderRecord = Readonly<Record<string, string>>;

interface LinkOptions {
  readonly url: string;
  readonly fetch: typeof fetch | undefined;
  readonly headers: HeaderSource;
}

/** The server takes no more in one request. */
const maxItems = 10;
const maxURLLength = 4_000;
/** A query this long fills a request by itself. */
const longInput = 2_000;

/** From an operation to HTTP: most calls of one moment share a request, some go alone. */
export function createLinks({ url, fetch, headers }: LinkOptions): TRPCLink<AppRouter>[] {
  const wire = {
    url: `${url.replace(/\/+$/, '')}/trpc`,
    fetch: createWireFetch(fetch),
    transformer: { serialize: (value: unknown) => value, deserialize: reviveInstants },
  };
  const headersOf = async (operations: readonly Operation[]) => {
    const own = typeof headers === 'function' ? await headers() : headers;
    return { ...own, ...authorization(operations) };
  };
  return [
    splitLink({
      condition: goesAlone,
      true: httpLink({ ...wire, headers: ({ op }) => headersOf([op]) }),
      false: httpBatchLink({ ...wire, maxItems, maxURLLength, headers: ({ opList }) => headersOf(opList) }),
    }),
  ];
}

/**
 * A batch answers as a whole, so what is known to be slow goes alone: `auth` (hashing passwords) and `insights`.
 * So does what asks for it, and a query too long to share an address.
 */
function goesAlone({ type, path, input, context }: Operation): boolean {
  if (context['skipBatch'] === true || /^(auth|insights)\./.test(path)) return true;
  return type === 'query' && encodeURIComponent(JSON.stringify(input) ?? '').length > longInput;
}
