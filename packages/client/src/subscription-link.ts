import type { AppRouter } from '@alice/api/types';
import type { TRPCClientError, TRPCLink } from '@trpc/client';
import { observable } from '@trpc/server/observable';
import type { AliceError } from './alice-error.ts';
import { followStream, type StreamOptions } from './follow-stream.ts';
import { toAliceError } from './to-alice-error.ts';

/**
 * Subscriptions over server-sent events, with `fetch`. tRPC's own link needs an `EventSource`, which cannot send
 * headers: the token would have to be in the URL.
 */
export function subscriptionLink(options: StreamOptions): TRPCLink<AppRouter> {
  return () =>
    ({ op: { path, input, signal } }) =>
      observable((observer) => {
        const controller = new AbortController();
        const stop = () => controller.abort(signal?.reason);
        if (signal?.aborted) stop();
        signal?.addEventListener('abort', stop);

        followStream(options, {
          path,
          input,
          signal: controller.signal,
          onConnecting(error) {
            const reason = error === null ? null : asLinkError(error);
            observer.next({ result: { type: 'state', state: 'connecting', error: reason } });
          },
          onConnected() {
            observer.next({ result: { type: 'started' } });
            observer.next({ result: { type: 'state', state: 'pending', error: null } });
          },
          onData: (data, id) => observer.next({ result: id === undefined ? { data } : { id, data: { id, data } } }),
        }).catch((cause) => {
          if (!controller.signal.aborted) {
            observer.error(asLinkError(toAliceError(cause)));
            return;
          }
          observer.next({ result: { type: 'stopped' } });
          observer.next({ result: { type: 'state', state: 'idle', error: null } });
          observer.complete();
        });

        return () => {
          signal?.removeEventListener('abort', stop);
          observer.complete();
          stop();
        };
      });
}

/** The guarantee: tRPC passes errors of a subscription on unchanged. As with calls, they are `AliceError`s. */
function asLinkError(error: AliceError): TRPCClientError<AppRouter> {
  return error as unknown as TRPCClientError<AppRouter>;
}
