import type { AppRouter, Change } from '@alice/api/types';
import type { TRPCClient } from '@trpc/client';
import type { Unsubscribable } from '@trpc/server/observable';
import type { AliceError } from './alice-error.ts';
import { collections, type SyncedEntity, syncedEntities } from './entities.ts';
import { callSafely } from './report.ts';
import { toAliceError } from './to-alice-error.ts';

/** The state of the stream. `error` is why it was closed, or why the previous connection failed. */
export interface LiveStatus {
  readonly state: 'connecting' | 'live' | 'closed';
  readonly error?: AliceError;
}

/** The changes of each entity: `task`, `goal`, `label`, `list`, `user`. */
type ChangeEvents = { readonly [Entity in SyncedEntity]: Extract<Change, { entity: Entity }> };

/** The events of the stream, and their values. */
export type LiveEvents = ChangeEvents & {
  /** All changes: the entities above, and those of a newer server. */
  readonly change: Change;
  readonly status: LiveStatus;
};

export interface Live {
  /**
   * Calls `handler` for each new change, from any client; returns a function that stops it. A handler for `status` is
   * called at once with the current state. All handlers share one connection, which closes with the last handler.
   */
  on<Name extends keyof LiveEvents>(name: Name, handler: (event: LiveEvents[Name]) => void): () => void;
}

interface LiveFeed extends Live {
  /** Reconnects the stream if there are handlers: the user has signed in or out. */
  restart(): void;
}

type Handlers = { readonly [Name in keyof LiveEvents]: Set<(event: LiveEvents[Name]) => void> };

export function createLive({ live }: Pick<TRPCClient<AppRouter>['sync'], 'live'>): LiveFeed {
  const names = [...syncedEntities, 'change', 'status'];
  // One for each event.
  const handlers = Object.fromEntries(names.map((name) => [name, new Set()])) as unknown as Handlers;
  let stream: Unsubscribable | undefined;
  let status: LiveStatus = { state: 'closed' };

  function tell<Name extends keyof LiveEvents>(name: Name, event: LiveEvents[Name]): void {
    for (const handler of [...handlers[name]]) callSafely(handler, event);
  }

  function become(state: LiveStatus['state'], error?: unknown): void {
    status = error == null ? { state } : { state, error: toAliceError(error) };
    tell('status', status);
  }

  function open(): void {
    stream = live.subscribe(
      {},
      {
        onData({ data: change }) {
          // An entity of a newer server has no handlers of its own.
          if (change.entity in collections) tell(change.entity, change as never);
          tell('change', change);
        },
        onConnectionStateChange({ state, error }) {
          if (state === 'connecting') become('connecting', error);
          else if (state === 'pending') become('live');
        },
        onError(error) {
          stream = undefined;
          become('closed', error);
        },
      },
    );
  }

  function close(): void {
    stream?.unsubscribe();
    stream = undefined;
    status = { state: 'closed' };
  }

  const isHeard = () => Object.values(handlers).some(({ size }) => size > 0);

  return {
    on(name, handler) {
      // Wrapped, so that a function that is registered twice is called twice.
      const own: typeof handler = (event) => handler(event);
      if (stream === undefined) open();
      handlers[name].add(own);
      const standing: { readonly [Other in keyof LiveEvents]?: LiveEvents[Other] } = { status };
      if (standing[name] !== undefined) callSafely(own, standing[name]);
      return () => {
        handlers[name].delete(own);
        if (!isHeard()) close();
      };
    },
    restart() {
      close();
      if (isHeard()) open();
    },
  };
}
