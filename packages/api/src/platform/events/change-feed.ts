import { type Database, sql, types } from '@alice/db';
import type { Log } from '../runtime/log.ts';

/** Publishes the ids of users whose data changed to the other processes. Messages may be lost: they are only hints. */
export interface Broadcast {
  /** Never throws. */
  publish(userId: string): void;
  /** Calls `receive` for messages of other processes. */
  subscribe(receive: (userId: string) => void): void;
}

export interface Watcher {
  /** There may be new changes. */
  readonly onChange: () => void;
  /** The highest change number that it has seen. */
  readonly seen: () => number;
  /** Called several times a second. */
  readonly onTick: () => void;
  /** The process is shutting down. */
  readonly onEnd: () => void;
}

/** The latest change number of each user, and the subscribers that wait for the next change. */
export interface ChangeFeed {
  /** The user's latest change number. It is read after this call started, so no acknowledged change is missing. */
  latest(userId: string): Promise<number>;
  /** Wakes the subscribers of this user, in every process. Call it after the commit; it never throws. */
  announce(userId: string): void;
  /** Subscribes until the returned function is called. */
  watch(userId: string, watcher: Watcher): () => void;
  /** The number of subscribers of this user, in this process. */
  watching(userId: string): number;
  /** Ends all subscribers, and all later ones. */
  close(): void;
}

export interface ChangeFeedOptions {
  /** Without it, only changes of this process are announced. */
  readonly broadcast?: Broadcast;
  /** How often the database is polled for lost announcements. */
  readonly pollMs: number;
}

/** Together with the maximum age of the session gate's data, a stream ends within a second of its session. */
const tickMs = 250;

const numbers = sql({
  name: 'changes.numbers',
  returns: { userId: types.uuid, number: types.number },
  text: 'SELECT user_id AS "userId", number FROM change_counters WHERE user_id = ANY ($1::uuid[])',
});

/**
 * Announcements make it fast, polling makes it reliable: a subscriber that is woken reads from its position, so a lost
 * announcement only costs time, and an unnecessary one only a look. One query per period for all subscribers.
 */
export function createChangeFeed(db: Pick<Database, 'query'>, log: Log, options: ChangeFeedOptions): ChangeFeed {
  const { broadcast, pollMs } = options;
  const watched = new Map<string, Set<Watcher>>();
  const readNumbers = async (userIds: readonly string[]) => {
    const rows = await db.query<{ userId: string; number: number }>(numbers, [userIds]);
    return new Map(rows.map(({ userId, number }) => [userId, number]));
  };
  const latest = batched(readNumbers);
  let timer: NodeJS.Timeout | undefined;
  let polledAt = 0;
  let polling = false;
  let isClosed = false;

  function wake(userId: string): void {
    for (const { onChange } of watched.get(userId) ?? []) onChange();
  }
  broadcast?.subscribe(wake);

  function tick(): void {
    for (const watchers of watched.values()) for (const { onTick } of watchers) onTick();
    if (!polling && performance.now() - polledAt >= pollMs) void poll();
  }

  async function poll(): Promise<void> {
    polling = true;
    try {
      const found = await readNumbers([...watched.keys()]);
      for (const [userId, number] of found) {
        for (const { seen, onChange } of watched.get(userId) ?? []) if (seen() < number) onChange();
      }
    } catch (error) {
      log.warn({ err: error }, 'could not poll for missed changes');
    } finally {
      polling = false;
      polledAt = performance.now();
    }
  }

  return {
    async latest(userId) {
      return (await latest(userId)) ?? 0;
    },
    announce(userId) {
      wake(userId);
      broadcast?.publish(userId);
    },
    watch(userId, watcher) {
      if (isClosed) {
        watcher.onEnd();
        return () => undefined;
      }
      const watchers = watched.get(userId) ?? new Set();
      watched.set(userId, watchers.add(watcher));
      timer ??= setInterval(tick, tickMs).unref();
      return () => {
        watchers.delete(watcher);
        if (watchers.size === 0 && watched.get(userId) === watchers) watched.delete(userId);
        if (watched.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    watching: (userId) => watched.get(userId)?.size ?? 0,
    close() {
      isClosed = true;
      for (const watchers of [...watched.values()]) for (const { onEnd } of [...watchers]) onEnd();
      clearInterval(timer);
    },
  };
}

/**
 * Batches concurrent queries: one runs at a time. A caller that arrives while one is running waits for the next one, so
 * that its result was read after its call; if the running one fails, it fails too, since two waits would take too long.
 */
function batched<Value>(read: (keys: readonly string[]) => Promise<ReadonlyMap<string, Value>>) {
  let next: { readonly keys: Set<string>; readonly found: Promise<ReadonlyMap<string, Value>> } | undefined;
  let current: Promise<unknown> = Promise.resolve();

  function begin() {
    const keys = new Set<string>();
    const found = current
      .finally(() => {
        next = undefined;
      })
      .then(() => read([...keys]));
    current = found;
    // The next caller starts again; those who are already waiting get the error.
    found.catch(() => {
      if (current === found) current = Promise.resolve();
    });
    return { keys, found };
  }
  return async (key: string): Promise<Value | undefined> => {
    next ??= begin();
    next.keys.add(key);
    return (await next.found).get(key);
  };
}
