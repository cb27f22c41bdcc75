const longestWaitMs = 10_000;

/**
 * Runs `work` while no other tab of the origin runs work of this name, with Web Locks. If they are missing or
 * forbidden, or another tab holds the lock for too long, it runs anyway: the lock only saves requests, and the server
 * makes concurrent refreshes harmless.
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
    // Either the lock was not available, or the work failed: then the promise below rejects.
  } finally {
    clearTimeout(timer);
  }
  return begin();
}
