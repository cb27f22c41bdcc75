import { AliceError } from './alice-error.ts';
import { personOf } from './claims.ts';
import { ownHeaders, type WireOptions } from './create-links.ts';
import { foreignReply, isRecord, noReply, parseJson, readText } from './foreign-reply.ts';
import { readEvents } from './read-events.ts';
import { reviveInstants } from './revive-instants.ts';
import type { Session } from './session.ts';
import { fromShape, isErrorShape, toAliceError } from './to-alice-error.ts';
import { isPassing, retryDelay } from './with-retries.ts';
import { pause, within } from './within.ts';

export interface StreamOptions extends WireOptions {
  readonly session: Session;
  /** The timeout for the start of a response. */
  readonly timeoutMs: number;
  /** Default: 40 s, since the server sends something every 15 s. */
  readonly idleMs?: number;
}

/** A subscription and its observers. */
export interface Follower {
  readonly path: string;
  readonly input: unknown;
  readonly signal: AbortSignal;
  /** `error` is the reason why the previous connection ended; null if there was none. */
  readonly onConnecting: (error: AliceError | null) => void;
  readonly onConnected: () => void;
  /** `id` is undefined if the server sends none. */
  readonly onData: (data: unknown, id: string | undefined) => void;
}

/**
 * Follows a subscription across lost connections, expired tokens and server restarts, and resumes after the last event
 * each time. Never resolves. Rejects with a permanent error, and with CANCELLED on abort.
 */
export async function followStream(options: StreamOptions, follower: Follower): Promise<never> {
  const { session } = options;
  const { path, input, signal, onConnecting, onConnected, onData } = follower;
  let lastEventId: string | undefined;
  let person: string | undefined;
  let error: AliceError | null = null;
  let failures = 0;
  let mayRenew = true;

  for (;;) {
    onConnecting(error);
    try {
      await connect();
      error = null;
    } catch (cause) {
      error = toAliceError(cause);
      if (signal.aborted || !isPassing(error)) throw error;
    }
    await pause(retryDelay(failures, error?.retryAfterMs, Math.random()), signal);
    failures += 1;
  }

  async function connect(): Promise<void> {
    const accessToken = await within({ signal }, () => session.accessToken());
    requireSamePerson(accessToken);
    try {
      await read(accessToken);
    } catch (cause) {
      const refused = toAliceError(cause);
      if (refused.code !== 'UNAUTHENTICATED' || !mayRenew) throw refused;
      if ((await within({ signal }, () => session.renew(accessToken))) === undefined) throw refused;
      mayRenew = false;
    }
  }

  /** Change numbers of one user mean nothing for another user. */
  function requireSamePerson(accessToken: string | undefined): void {
    const now = personOf(accessToken);
    person ??= now;
    if (now !== undefined && now !== person) throw new AliceError('UNAUTHENTICATED', 'Another user has signed in');
  }

  async function read(accessToken: string | undefined): Promise<void> {
    const resumed = lastEventId === undefined ? input : { ...Object(input), lastEventId };
    const body = await open(options, { path, input: resumed, accessToken, signal });
    for await (const { event, id, data } of readEvents(body, { signal, idleMs: options.idleMs ?? 40_000 })) {
      if (event === 'serialized-error') throw told(data);
      if (event === 'connected') {
        failures = 0;
        onConnected();
      } else {
        // The server accepts this token.
        mayRenew = true;
        if (event === undefined) onData(reviveInstants(JSON.parse(data)), id || undefined);
      }
      // tRPC marks an event without an id with an empty one, from which a stream cannot resume.
      if (id) lastEventId = id;
    }
  }
}

interface StreamRequest {
  readonly path: string;
  readonly input: unknown;
  readonly accessToken: string | undefined;
  readonly signal: AbortSignal;
}

async function open(
  { base, fetch, headers, timeoutMs }: StreamOptions,
  { path, input, accessToken, signal: outer }: StreamRequest,
): Promise<ReadableStream<Uint8Array>> {
  const query = input === undefined ? '' : `?input=${encodeURIComponent(JSON.stringify(input))}`;
  const own = await ownHeaders(headers);
  const authorization = accessToken === undefined ? {} : { authorization: `Bearer ${accessToken}` };
  return within({ signal: outer, timeoutMs }, async (signal) => {
    const init = { headers: { ...own, ...authorization, accept: 'text/event-stream' }, signal };
    const response = await fetch(`${base}/${path}${query}`, init).catch((cause) => {
      throw noReply(cause);
    });
    if (!response.ok) throw await refusal(response);
    const { body } = response;
    if (body !== null && /^text\/event-stream\b/i.test(response.headers.get('content-type') ?? '')) return body;
    // A page of an intermediary, such as the sign-in page of a public network: a temporary error.
    body?.cancel().catch(() => undefined);
    throw new AliceError('NETWORK', 'The response is not an event stream');
  });
}

async function refusal(response: Response): Promise<AliceError> {
  const body = parseJson(await readText(response));
  const shape = isRecord(body) ? body['error'] : undefined;
  const requestId = response.headers.get('x-request-id') ?? undefined;
  return isErrorShape(shape) ? fromShape(shape, requestId) : foreignReply(response, body);
}

/** The server's error before a permanent end. */
function told(data: string): AliceError {
  const shape = parseJson(data);
  return isErrorShape(shape)
    ? fromShape(shape, undefined)
    : new AliceError('INTERNAL', 'The stream ended with an unknown error');
}
