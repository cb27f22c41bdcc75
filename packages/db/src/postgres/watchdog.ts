import pg from 'pg';

import type { DatabaseLog } from '../database.ts';
import type { SteadyPool } from '../pool.ts';
import { requestCancel } from './cancel.ts';

const TICK_MS = 100;
const SUSPICIOUS_AFTER_MS = 500;
const PROBE_TIMEOUT_MS = 1_250;
/** For shorter statements it is not worth checking whether the caller is still connected. */
const SHORT_MS = 200;

/** Looks like a socket error, so that Prisma's adapter and `databaseFault` classify it as one. */
function networkGone(): Error {
  return Object.assign(new Error('the database stopped answering'), {
    code: 'ETIMEDOUT',
    syscall: 'read',
    errno: -110,
  });
}

/** Whether the server responds at all; a rejection (too many connections, a restart) is a response. */
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
 * Distinguishes a slow statement from a network that drops packets: TCP would wait for minutes, and a plain read
 * timeout would kill legitimate long statements. When a connection has been in use for 500 ms, it contacts the server
 * over a new one. If there is no response for 1.25 s on any connection, it closes all of them, so that a call fails
 * within 2 s (3 s on a busy machine). Returns the function that stops it.
 */
export function watchNetwork(pool: SteadyPool, config: pg.ClientConfig, log?: DatabaseLog): () => void {
  let probing = false;

  async function probe(): Promise<void> {
    probing = true;
    const { answers: heard } = pool;
    // A server that is too busy to accept connections is still alive, and closing its connections would make it worse.
    if (!(await answers(config)) && pool.answers === heard) {
      log?.warn({ connections: pool.totalCount }, 'the database does not respond: its connections are closed');
      pool.cutAll(networkGone());
    }
    probing = false;
  }

  const timer = setInterval(() => {
    const now = performance.now();
    let longest = 0;
    for (const [client, hold] of pool.busy) {
      const held = now - hold.since;
      longest = Math.max(longest, held);
      if (held < SHORT_MS || hold.caller === undefined) continue;
      const { hasLeft, patienceMs = Number.POSITIVE_INFINITY } = hold.caller;
      if (hasLeft?.() === true) hold.cancelled = 'left';
      else if (held > patienceMs) hold.cancelled ??= 'late';
      // Repeated until it has an effect: between two statements of a transaction there is nothing to cancel.
      if (hold.cancelled !== null) requestCancel(config, client);
    }
    if (longest >= SUSPICIOUS_AFTER_MS && !probing) void probe();
  }, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
