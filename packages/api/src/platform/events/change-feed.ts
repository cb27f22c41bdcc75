import type { Database } from '@alice/db';
import type { Log } from '../runtime/log.ts';

/** Carries the ids of people whose data changed to the other processes. It may lose some: what it says is a hint. */
export interface Broadcast {
  /** Never throws. */
  publish(userId: string): void;
  /** Calls `receive` for what other processes publish. */
  subscribe(receive: (userId: string) => void): void;
}

export interface Watcher {
  /** There may be new changes. */
  readonly onChange: () => void;
  /** The number up to which it has seen everything. */
  readonly seen: () => number;
  /** Several times a second. */
  readonly onTick: () => void;
  /** The process is about to stop. */
  readonly onEnd: () => void;
}

/** Where a person's changes stand, and who waits for the next one. */
export interface ChangeFeed {
  /** The number of the person's latest change: read after this call began, so nothing that was acknowledged is missing. */
  latest(userId: string): Promise<number>;
  /** Tells those who watch this person, in every process, to look. Called after the commit; never throws. */
  announce(userId: string): void;
  /** Watches until the returned function is called. */
  watch(userId: string, watcher: Watcher): () => void;
  /** How many watch this person, in this process. */
  watching(userId: string): number;
  /** Ends whatever watches, and all that comes after. */
  close(): void;
}

export interface ChangeFeedOptions {
  /** None: only this process's changes are announced. */
  readonly broadcast?: Broadcast;
  /** How often the database is asked whether an announcement was lost. */
  readonly pollMs: number;
}

/** With the age that the session gate allows itself, a stream ends within a second of its session. */
const tickMs = 250;

const numbers = {
  name: 'changes.numbers',
  text: 'SELECT user_id AS "userId", number FROM change_counters WHERE user_id = ANY ($1::uuid[])',
};

/**
 * Announcements make it fast, polling makes it sure: whoever is woken reads the log from where they stand, so a lost
 * announcement costs time and a needless one a look. One query a period for all who watch.
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
      log.warn({ err: error }, 'could not look for changes that were not announced');
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
 * One query at a time for all who ask at once. Whoever asks while one is under way waits for the next, so that what they
 * get was read after they asked; if the one under way fails they fail with it, since two waits would be too long.
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
    // The next caller starts afresh; those who wait already get the error.
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
