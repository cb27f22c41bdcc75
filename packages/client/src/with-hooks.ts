import { callSafely } from './report.ts';

/** A request before it is sent: one attempt of a call, of a batch, or of a stream. */
export interface RequestEvent {
  /** The called procedures: `['tasks.list']`. */
  readonly procedures: readonly string[];
  readonly url: string;
  readonly method: string;
  /** A copy of the request headers; the access token in `authorization` is replaced by `[hidden]`. */
  readonly headers: Headers;
}

/** The result of a request. */
export interface ResponseEvent extends RequestEvent {
  /** Undefined without a response. */
  readonly status: number | undefined;
  /** The request id in the server log. Quote it when you report a problem. */
  readonly requestId: string | undefined;
  /** Milliseconds until the response started, or until the request failed. */
  readonly ms: number;
}

/** Observers of requests. They cannot change a request; their errors are reported and do not fail the call. */
export interface Hooks {
  readonly onRequest?: ((event: RequestEvent) => void) | undefined;
  readonly onResponse?: ((event: ResponseEvent) => void) | undefined;
}

type Fetch = typeof globalThis.fetch;

/** `fetch` with observers, for URLs below `base`. */
export function withHooks(fetch: Fetch | undefined, base: string, { onRequest, onResponse }: Hooks): Fetch {
  // Read at each call: tools that observe or mock the network replace the global.
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
