import type { RunQuery } from './database.ts';

const afterCommits = new WeakMap<RunQuery, (() => void)[]>();

/** Calls `run` when what `query` writes has committed: not at all if it is rolled back, at once if it is the pool's. */
export function afterCommit(query: RunQuery, run: () => void): void {
  const waiting = afterCommits.get(query);
  if (waiting === undefined) run();
  else waiting.push(run);
}

/** Lets `afterCommit` wait for the transaction of `query`. Gives the function that its commit calls. */
export function awaitCommit(query: RunQuery): () => void {
  const waiting: (() => void)[] = [];
  afterCommits.set(query, waiting);
  return () => {
    for (const run of waiting.splice(0)) queueMicrotask(run);
  };
}
