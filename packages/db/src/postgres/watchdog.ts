import pg from 'pg';

import type { DatabaseLog } from '../database.ts';
import type { SteadyPool } from '../pool.ts';

const TICK_MS = 250;
const SUSPICIOUS_AFTER_MS = 750;
const PROBE_TIMEOUT_MS = 1_500;

/** Looks like the socket error that it stands for, so that Prisma's adapter and `databaseFault` read it as one. */
function networkGone(): Error {
  return Object.assign(new Error('the database stopped answering'), {
    code: 'ETIMEDOUT',
    syscall: 'read',
    errno: -110,
  });
}

/** Whether the server says anything at all; a refusal (too many connections, a restart) is an answer. */
async function answers(config: pg.ClientConfig): Promise<boolean> {
  const probe = new pg.Client({
    ...config,
    application_name: 'alice-probe',
    connectionTimeoutMillis: PROBE_TIMEOUT_MS,
  });
  probe.on('error', () => undefined);
  const started = performance.now();
  try {
    await probe.connect();
    return true;
  } catch {
    return performance.now() - started < PROBE_TIMEOUT_MS - 50;
  } finally {
    probe.end(() => undefined);
  }
}

/**
 * Tells a slow statement from a network that swallows packets: TCP would wait for minutes, and a flat read timeout would
 * kill honest long statements. Once a connection has been in use for 750 ms the server is asked over a new one; silence
 * for 1.5 s cuts all of them, so a caller knows within 3 s. Returns the function that stops the watching.
 */
export function watchNetwork(pool: SteadyPool, config: pg.ClientConfig, log?: DatabaseLog): () => void {
  let probing = false;
  const timer = setInterval(() => {
    if (probing) return;
    const now = performance.now();
    let longest = 0;
    for (const since of pool.busy.values()) longest = Math.max(longest, now - since);
    if (longest < SUSPICIOUS_AFTER_MS) return;
    probing = true;
    void answers(config)
      .then((alive) => {
        if (alive) return;
        log?.warn({ connections: pool.totalCount }, 'the database stopped answering: its connections are cut');
        pool.cutAll(networkGone());
      })
      .finally(() => {
        probing = false;
      });
  }, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
