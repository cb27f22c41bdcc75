import { type Deps, purgeReplies } from '@alice/api';
import type { Stoppable } from './stop.ts';

const everyMs = 3_600_000;
/** Processes that start together do not sweep together. */
const firstWithinMs = 600_000;

/** Takes away what has expired, once an hour. Every process may do it: what one has taken another does not find. */
export function startWorker(deps: Deps): Stoppable {
  let running: Promise<void> | undefined;

  async function sweep(): Promise<void> {
    try {
      const replies = await purgeReplies(deps);
      deps.log.debug({ replies }, 'swept');
    } catch (error) {
      deps.log.warn({ err: error }, 'could not sweep; the next time will do');
    }
  }
  function start(): void {
    running = sweep();
    timer = setTimeout(start, everyMs).unref();
  }
  let timer = setTimeout(start, Math.random() * firstWithinMs).unref();

  return {
    name: 'worker',
    async stop() {
      clearTimeout(timer);
      await running;
    },
  };
}
