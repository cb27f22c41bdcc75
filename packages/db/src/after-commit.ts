import type { RunQuery } from './database.ts';

const afterCommits = new WeakMap<RunQuery, (() => void)[]>();

/** Calls `run` after `query`'s transaction has committed: not after a rollback, and at once if `query` is the pool's. */
export function afterCommit(query: RunQuery, run: () => void): void {
  const waiting = afterCommits.get(query);
  if (waiting === undefined) run();
  else waiting.push(run);
}

/** Lets `afterCommit` wait for the transaction of `query`. Returns the function to call after the commit. */
export function awaitCommit(query: RunQuery): () => void {
  const waiting: (() => void)[] = [];
  afterCommits.set(query, waiting);
  return () => {
    for (const run of waiting.splice(0)) queueMicrotask(run);
  };
}
