import { setTimeout as sleep } from 'node:timers/promises';
import { type Deps, purgeAccounts, purgeReplies, purgeSessions, purgeTokens, remindOfKeys } from '@alice/api';
import type { Stoppable } from './stop.ts';

const everyMs = 3_600_000;
/** Processes that start together do not run their tasks together. */
const firstWithinMs = 600_000;
/**
 * How long a stop waits for the task that runs, and then the database for its statement. A large account takes minutes; what
 * is cut off is done the next time.
 */
const patienceMs = 2000;

/** Something to do once an hour, with no request. Every process may do it: what one has done another does not find. */
export interface ScheduledTask {
  /** What the log calls it. */
  readonly name: string;
  /** Gives how many things it did. Once `signal` aborts it begins nothing more. */
  run(deps: Deps, signal: AbortSignal): Promise<number>;
}

export const scheduledTasks: readonly ScheduledTask[] = [
  { name: 'purge-replies', run: purgeReplies },
  { name: 'purge-tokens', run: purgeTokens },
  { name: 'purge-sessions', run: purgeSessions },
  { name: 'purge-accounts', run: async (deps, signal) => (await purgeAccounts(deps, signal)).deleted },
  { name: 'remind-of-keys', run: remindOfKeys },
];

/** Runs the scheduled tasks once an hour, one after the other. One that fails does not stop the next. */
export function startScheduler(deps: Deps, tasks: readonly ScheduledTask[] = scheduledTasks): Stoppable {
  let running: Promise<void> | undefined;
  const stopping = new AbortController();
  const { signal } = stopping;

  async function runAll(): Promise<void> {
    for (const { name, run } of tasks) {
      if (signal.aborted) return;
      try {
        deps.log.debug({ task: name, count: await run(deps, signal) }, 'a scheduled task is done');
      } catch (error) {
        deps.log.warn({ task: name, err: error }, 'a scheduled task failed; it runs again in an hour');
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
