const longestWaitMs = 10_000;

/**
 * Does `work` while no other tab of the origin does work of this name, where the runtime has Web Locks. Where it has
 * none, forbids them or another tab holds the lock for too long, the work is done all the same: the lock saves
 * requests; that two refreshes at once are harmless is the server's doing.
 */
export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  if (typeof navigator === 'undefined' || navigator.locks === undefined) return work();
  let begun: Promise<T> | undefined;
  const begin = () => {
    begun ??= work();
    return begun;
  };
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), longestWaitMs);
  try {
    await navigator.locks.request(name, { signal: patience.signal }, async () => {
      clearTimeout(timer);
      await begin();
    });
  } catch {
    // Either the lock was not to be had, or the work failed: then the promise below says how.
  } finally {
    clearTimeout(timer);
  }
  return begin();
}
