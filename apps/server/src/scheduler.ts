import { setTimeout as sleep } from 'node:timers/promises';
import { type Deps, purgeAccounts, purgeReplies, purgeSessions, purgeTokens, remindOfKeys } from '@alice/api';
import type { Stoppable } from './stop.ts';

const everyMs = 3_600_000;
/** Processes that start together do not sweep together. */
const firstWithinMs = 600_000;
/**
 * So long a stop waits for the sweep that runs, and then the database for its statement. A large account takes minutes; what
 * is cut is done the next time.
 */
const patienceMs = 2000;

/** Something to do once in a while, with no request. Every process may do it: what one has done another does not find. */
export interface Sweep {
  /** What the log calls it. */
  readonly name: string;
  /** Gives how many things it did. Once `signal` aborts it begins nothing more. */
  sweep(deps: Deps, signal: AbortSignal): Promise<number>;
}

export const sweeps: readonly Sweep[] = [
  { name: 'purge-replies', sweep: purgeReplies },
  { name: 'purge-tokens', sweep: purgeTokens },
  { name: 'purge-sessions', sweep: purgeSessions },
  { name: 'purge-accounts', sweep: async (deps, signal) => (await purgeAccounts(deps, signal)).deleted },
  { name: 'remind-of-keys', sweep: remindOfKeys },
];

/** Does each of the sweeps once an hour, one after the other. One that fails does not keep the next from its turn. */
export function startWorker(deps: Deps, all: readonly Sweep[] = sweeps): Stoppable {
  let running: Promise<void> | undefined;
  const stopping = new AbortController();
  const { signal } = stopping;

  async function sweepAll(): Promise<void> {
    for (const { name, sweep } of all) {
      if (signal.aborted) return;
      try {
        deps.log.debug({ sweep: name, count: await sweep(deps, signal) }, 'swept');
      } catch (error) {
        deps.log.warn({ sweep: name, err: error }, 'could not sweep; the next time will do');
      }
    }
  }
  function start(): void {
    running = sweepAll();
    timer = setTimeout(start, everyMs).unref();
  }
  let timer = setTimeout(start, Math.random() * firstWithinMs).unref();

  async function stop(): Promise<void> {
    stopping.abort();
    clearTimeout(timer);
    await Promise.race([running, sleep(patienceMs)]);
  }
  let stopped: Promise<void> | undefined;
  return { name: 'sweeps', stop: () => (stopped ??= stop()) };
}
