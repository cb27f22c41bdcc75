import { setTimeout as sleep } from 'node:timers/promises';
import { type Deps, purgeAccounts, purgeReplies, purgeSessions, purgeTokens, remindOfKeys } from '@alice/api';
import type { Stoppable } from './stop.ts';

const everyMs = 3_600_000;
/** Spreads the first runs of processes that start together. */
const firstWithinMs = 600_000;
/**
 * How long a shutdown waits for a running task, and then the database for its statement. A large account takes minutes;
 * an interrupted task continues in the next run.
 */
const patienceMs = 2000;

/** A scheduled task. Every process may run it: work that one process has done, another does not find. */
export interface ScheduledTask {
  /** Its name in the log. */
  readonly name: string;
  /** Returns how many items it processed. After `signal` aborts, it starts nothing more. */
  run(deps: Deps, signal: AbortSignal): Promise<number>;
}

export const scheduledTasks: readonly ScheduledTask[] = [
  { name: 'purge-replies', run: purgeReplies },
  { name: 'purge-tokens', run: purgeTokens },
  { name: 'purge-sessions', run: purgeSessions },
  { name: 'purge-accounts', run: async (deps, signal) => (await purgeAccounts(deps, signal)).deleted },
  { name: 'remind-of-keys', run: remindOfKeys },
];

/**
 * The scheduler: runs all tasks once an hour, one after the other. A failure does not prevent the next ones from
 * running.
 */
export function startScheduler(deps: Deps, tasks: readonly ScheduledTask[] = scheduledTasks): Stoppable {
  let running: Promise<void> | undefined;
  const stopping = new AbortController();
  const { signal } = stopping;

  async function runAll(): Promise<void> {
    for (const { name, run } of tasks) {
      if (signal.aborted) return;
      try {
        deps.log.debug({ task: name, count: await run(deps, signal) }, 'scheduled task finished');
      } catch (error) {
        deps.log.warn({ task: name, err: error }, 'scheduled task failed, the next run will retry');
      }
    }
  }
  function start(): void {
    running = runAll();
    timer = setTimeout(start, everyMs).unref();
  }
  let timer = setTimeout(start, Math.random() * firstWithinMs).unref();

  async function stop(): Promise<void> {
    stopping.abort();
    clearTimeout(timer);
    await Promise.race([running, sleep(patienceMs)]);
  }
  let stopped: Promise<void> | undefined;
  return { name: 'scheduled tasks', stop: () => (stopped ??= stop()) };
}
