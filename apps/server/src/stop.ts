import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Listener } from './listen.ts';
import type { ServerLog } from './log.ts';

/** A part to stop, with its name in the log. */
export interface Stoppable {
  readonly name: string;
  stop(): Promise<void>;
}

/** Stops the parts in order. A failure is logged and does not prevent the next ones from stopping. */
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
 * Ends the process within `limitMs`, whatever hangs: with exit code 1, or by SIGKILL if exiting would block (see
 * `endProcess`).
 */
export function endWithin(limitMs: number, { log, closeNow }: Pick<ServerLog, 'log' | 'closeNow'>): void {
  setTimeout(() => {
    log.fatal({ waitsFor: process.getActiveResourcesInfo() }, 'did not stop in time, exiting now');
    closeNow();
    if (isThreadBusy()) process.kill(process.pid, 'SIGKILL');
    else process.exit(1);
  }, limitMs);
}

/**
 * Ends the process as soon as `process.exit` would not block: it waits for threads, and a name server that does not
 * respond blocks one for ten seconds.
 */
export async function endProcess(code: number): Promise<never> {
  while (isThreadBusy()) await sleep(20);
  process.exit(code);
}

/** Whether a thread is resolving a name or using a file, by Node's own resource names. */
function isThreadBusy(): boolean {
  return process.getActiveResourcesInfo().some((name) => /^(?:GetAddrInfo|GetNameInfo|FSReq)/.test(name));
}

/** A connection that was used this recently is expected to be used again, and gets this much time for it. */
const recentMs = 2000;
const lookEveryMs = 10;

/**
 * Stops listening and lets accepted requests finish, up to `deadlineMs`; then closes the rest. Before that, it serves
 * for `drainMs`, and until every connection in use has got a response that announces the close. Closing ends idle
 * connections at once, and a connection in use looks idle while its next request is on the way.
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
  // Read what has arrived first: closing a socket with unread bytes would reset it.
  await setImmediate();
  await new Promise<void>((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    connections.endUnused();
  });
  clearTimeout(deadline);
}
