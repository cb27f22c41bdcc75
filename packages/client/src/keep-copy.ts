import type { AppRouter, Change, User } from '@alice/api/types';
import type { TRPCClient } from '@trpc/client';
import { AliceError } from './alice-error.ts';
import { CopyRows, toStep } from './copy-rows.ts';
import type { CopyStore } from './copy-store.ts';
import { type CollectionNames, collections, type SyncedEntity, type SyncedRows, syncedEntities } from './entities.ts';
import { callSafely, report } from './report.ts';
import type { RouterOutputs } from './router-types.ts';
import { toAliceError } from './to-alice-error.ts';
import { isPassing, retryDelay } from './with-retries.ts';
import { pause } from './within.ts';

/** The rows of the features, by id: `tasks`, `goals`, `labels`, `lists`. */
type CopiedRows = {
  readonly [Entity in Exclude<SyncedEntity, 'user'> as CollectionNames[Entity]]: ReadonlyMap<
    string,
    SyncedRows[Entity]
  >;
};

/** A local copy of a user's data, kept up to date. Rows are replaced, never mutated. */
export interface LocalCopy extends CopiedRows {
  readonly user: User | undefined;
  /** The number of the latest change in the copy; 0 at first. It increases with every change. */
  readonly number: number;
  /** Resolves when the copy is complete and up to date for the first time; rejects with an `AliceError` if it fails. */
  readonly ready: Promise<void>;
  /** Calls `listener` with each group of applied changes; returns a function that stops it. */
  onChange(listener: (changes: readonly Change[]) => void): () => void;
  /** Stops the copy; its rows stay available. */
  stop(): void;
}

export interface KeepOptions {
  /** Persistent storage. Default: none. */
  readonly store?: CopyStore | undefined;
  /** Stops the copy on abort. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called with the permanent error that stopped the copy, such as the end of the session. Temporary errors do not stop
   * it.
   */
  readonly onError?: ((error: AliceError) => void) | undefined;
}

interface Source {
  readonly sync: Pick<TRPCClient<AppRouter>['sync'], 'pull' | 'live'>;
  /** The id of the signed-in user; undefined if it is unknown. */
  readonly person: () => Promise<string | undefined>;
}

type Page = RouterOutputs['sync']['pull'];

const pageSize = 100;
const fromTheBeginning: Page = { items: [], nextCursor: '', hasMore: false, fullSyncRequired: true, number: null };

/** Creates a local copy of all data of the user, and keeps it up to date until it is stopped. */
export function keepCopy({ sync, person }: Source, { store, signal, onError }: KeepOptions): LocalCopy {
  const controller = new AbortController();
  const { signal: stopped } = controller;
  const listeners = new Set<(changes: readonly Change[]) => void>();
  let seen = new CopyRows();
  let owner: string | undefined;
  let isReady = false;
  let becomeReady = () => {};

  const ready = new Promise<void>((resolve, reject) => {
    becomeReady = () => {
      isReady = true;
      resolve();
    };
    const end = (error: AliceError) => {
      reject(error);
      if (stopped.aborted) return;
      controller.abort();
      if (onError !== undefined) callSafely(onError, error);
      else if (isReady) report(error);
    };
    keep().then(
      () => end(new AliceError('CANCELLED', 'The local copy was stopped')),
      (cause) => end(toAliceError(cause)),
    );
  });
  const stop = () => {
    // A caller who stops the copy needs no error.
    ready.catch(() => undefined);
    controller.abort(signal?.reason);
  };
  if (onError !== undefined) ready.catch(() => undefined);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop);

  const copy: Omit<LocalCopy, keyof CopiedRows> = {
    get user() {
      const [user] = seen.all.users.values();
      return user;
    },
    get number() {
      return seen.number ?? 0;
    },
    ready,
    onChange(listener) {
      const own: typeof listener = (changes) => listener(changes);
      listeners.add(own);
      return () => listeners.delete(own);
    },
    stop,
  };
  // A getter for the rows of each entity: a full sync replaces them.
  for (const entity of syncedEntities) {
    const name = collections[entity];
    if (name !== 'users') Object.defineProperty(copy, name, { enumerable: true, get: () => seen.all[name] });
  }
  return copy as LocalCopy;

  async function keep(): Promise<void> {
    owner = await person();
    let { cursor, rows } = await load();
    while (!stopped.aborted) {
      cursor = await pull(cursor, rows);
      becomeReady();
      await follow(cursor);
      // Only when the server no longer has the changes: start a full sync.
      cursor = undefined;
      rows = new CopyRows();
    }
  }

  /** A complete saved copy is available at once; an interrupted initial sync continues. */
  async function load(): Promise<{ cursor: string | undefined; rows: CopyRows }> {
    const saved = await store?.load();
    const rows = new CopyRows();
    if (saved == null) return { cursor: undefined, rows };
    for (const row of saved.rows) rows.put(row);
    const isOthers = owner !== undefined && [...rows.all.users.keys()].some((id) => id !== owner);
    if (isOthers) return { cursor: undefined, rows: new CopyRows() };
    // The user may be identified later; if it is another one, this copy is not theirs.
    for (const id of rows.all.users.keys()) owner ??= id;
    if (saved.number !== null) {
      rows.settle(saved.number);
      seen = rows;
    }
    return { cursor: saved.cursor, rows };
  }

  /** Loads everything after the cursor. In a full sync, the new rows replace the old ones at the end. */
  async function pull(from: string | undefined, into: CopyRows): Promise<string> {
    let cursor = from;
    let rows = into;
    for (;;) {
      const page = await pullPage(cursor);
      if (page.fullSyncRequired) {
        if (cursor === undefined) throw new AliceError('FULL_SYNC_REQUIRED', 'The server requires a full sync again');
        cursor = undefined;
        rows = new CopyRows();
        continue;
      }
      const news = rows.apply(page.items);
      if (page.number !== null) rows.settle(page.number);
      await store?.save({ ...toStep(news), cursor: page.nextCursor, number: rows.number, reset: cursor === undefined });
      cursor = page.nextCursor;
      if (rows === seen) tell(news);
      if (!page.hasMore) break;
    }
    if (rows !== seen) {
      const news = rows.since(seen);
      seen = rows;
      tell(news);
    }
    return cursor;
  }

  async function pullPage(cursor: string | undefined): Promise<Page> {
    for (let failures = 0; ; failures += 1) {
      try {
        const input = cursor === undefined ? { limit: pageSize } : { limit: pageSize, cursor };
        const page = await sync.pull.query(input, { signal: stopped });
        const now = await person();
        owner ??= now;
        // Change numbers and cursors of one user mean nothing for another user.
        if (now !== undefined && now !== owner) throw new AliceError('UNAUTHENTICATED', 'Another user has signed in');
        return page;
      } catch (cause) {
        const error = toAliceError(cause);
        // The server may no longer accept an old cursor.
        if (error.code === 'VALIDATION_FAILED' && cursor !== undefined) return fromTheBeginning;
        if (!isPassing(error)) throw error;
        await pause(retryDelay(failures, error.retryAfterMs, Math.random()), stopped);
      }
    }
  }

  /** Takes in what happens. Resolves when that cannot go on because changes are gone, or when it is stopped. */
  async function follow(cursor: string): Promise<void> {
    try {
      const lastEventId = String(seen.number ?? 0);
      for await (const { data: change } of sync.live.subscribe({ lastEventId }, { signal: stopped })) {
        const news = seen.apply([change]);
        seen.settle(change.number);
        await store?.save({ ...toStep(news), cursor, number: seen.number, reset: false });
        tell(news);
      }
    } catch (cause) {
      if (toAliceError(cause).code !== 'FULL_SYNC_REQUIRED') throw cause;
    }
  }

  function tell(news: readonly Change[]): void {
    if (news.length === 0) return;
    for (const listener of [...listeners]) callSafely(listener, news);
  }
}
