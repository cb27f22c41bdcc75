import { callSafely } from './report.ts';

/** A request as it is about to be sent: one attempt of one call, of several in a batch, or of a stream. */
export interface RequestEvent {
  /** What it calls: `['tasks.list']`. */
  readonly procedures: readonly string[];
  readonly url: string;
  readonly method: string;
  /** A copy of what is sent, but for the access token: where there is one, `authorization` is `[hidden]`. */
  readonly headers: Headers;
}

/** How a request went. */
export interface ResponseEvent extends RequestEvent {
  /** Undefined when no reply came. */
  readonly status: number | undefined;
  /** What to quote to the people who run the server. */
  readonly requestId: string | undefined;
  /** Milliseconds until the reply began, or until it was clear that none comes. */
  readonly ms: number;
}

/** They watch and change nothing; what they throw is reported and breaks no call. */
export interface Hooks {
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  readonly onResponse?: ((event: ResponseEvent) => void) | undefined;
}

type Fetch = typeof globalThis.fetch;

/** `fetch` for addresses below `base`, watched. */
export function withHooks(fetch: Fetch | undefined, base: string, { onRequest, onResponse }: Hooks): Fetch {
  // Looked up late: tools that watch or fake the network replace the global.
  const send: Fetch = (input, init) => (fetch ?? globalThis.fetch)(input, init);
  if (onRequest === undefined && onResponse === undefined) return send;

  return async (input, init) => {
    const describe = () => describeRequest(base, String(input), init);
    callSafely(onRequest, describe());
    const begin = performance.now();
    const tell = (response: Response | undefined) =>
      callSafely(onResponse, {
        ...describe(),
        status: response?.status,
        requestId: response?.headers.get('x-request-id') ?? undefined,
        ms: performance.now() - begin,
      });
    try {
      const response = await send(input, init);
      tell(response);
      return response;
    } catch (error) {
      tell(undefined);
      throw error;
    }
  };
}

function describeRequest(base: string, url: string, init: RequestInit | undefined): RequestEvent {
  const [path = ''] = url.slice(base.length + 1).split('?');
  const headers = new Headers(init?.headers);
  if (headers.has('authorization')) headers.set('authorization', '[hidden]');
  return { procedures: decodeURIComponent(path).split(','), url, method: init?.method ?? 'GET', headers };
}
