import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Listener } from './listen.ts';
import type { ServerLog } from './log.ts';

/** Something to stop, under the name that the log calls it. */
export interface Stoppable {
  readonly name: string;
  stop(): Promise<void>;
}

/** Stops one after the other, in this order; one that fails is logged and does not keep the next from stopping. */
export async function stopAll(parts: readonly Stoppable[], log: Logger): Promise<boolean> {
  let isClean = true;
  for (const { name, stop } of parts) {
    const startedAt = performance.now();
    try {
      await stop();
      log.debug({ part: name, ms: Math.round(performance.now() - startedAt) }, 'stopped');
    } catch (error) {
      isClean = false;
      log.error({ part: name, err: error }, 'did not stop cleanly');
    }
  }
  return isClean;
}

/**
 * From now on the process ends within `limitMs`, whatever hangs; then with exit code 1, or by SIGKILL where that would have to
 * wait (see `endProcess`).
 */
export function endWithin(limitMs: number, { log, closeNow }: Pick<ServerLog, 'log' | 'closeNow'>): void {
  setTimeout(() => {
    log.fatal({ waitsFor: process.getActiveResourcesInfo() }, 'did not stop in time: ending at once');
    closeNow();
    if (isThreadBusy()) process.kill(process.pid, 'SIGKILL');
    else process.exit(1);
  }, limitMs);
}

/**
 * Ends the process as soon as nothing is left for which `process.exit` would block: it waits for threads, and a name server
 * that does not answer holds one for ten seconds.
 */
export async function endProcess(code: number): Promise<never> {
  while (isThreadBusy()) await sleep(20);
  process.exit(code);
}

/** Whether a thread looks up a name or works on a file, in Node's own names for that. */
function isThreadBusy(): boolean {
  return process.getActiveResourcesInfo().some((name) => /^(?:GetAddrInfo|GetNameInfo|FSReq)/.test(name));
}

/** A connection that was used so recently is expected to be used again, and gets so long for it. */
const recentMs = 2000;
const lookEveryMs = 10;

/**
 * Stops listening and lets every request that was accepted finish, up to `deadlineMs`; then cuts what is left.
 * Before that it goes on serving for `drainMs`, and until every connection that was in use has had a response that says it
 * is the last: closing ends idle ones at once, and one that is in use looks idle while its next request is on the way.
 */
export async function stopServer(
  { server, connections }: Pick<Listener, 'server' | 'connections'>,
  drainMs: number,
  deadlineMs: number,
): Promise<void> {
  const startedAt = performance.now();
  const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs);
  const quietAt = startedAt + Math.min(drainMs + recentMs, deadlineMs);
  await sleep(drainMs);
  while (connections.isAnyUsedSince(startedAt - recentMs) && performance.now() < quietAt) await sleep(lookEveryMs);
  // What has arrived is read first: closing a socket with unread bytes would reset it.
  await setImmediate();
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    connections.endUnused();
  });
  clearTimeout(deadline);
}
