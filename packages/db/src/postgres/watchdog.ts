import pg from 'pg';

import type { DatabaseLog } from '../database.ts';
import type { SteadyPool } from '../pool.ts';
import { requestCancel } from './cancel.ts';

const TICK_MS = 100;
const SUSPICIOUS_AFTER_MS = 500;
const PROBE_TIMEOUT_MS = 1_250;
/** Shorter statements are not worth the question whether anybody still waits for them. */
const SHORT_MS = 200;

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
 * Tells a slow statement from a network that swallows packets: TCP would wait for minutes, and a flat read timeout would kill
 * honest long statements. Once a connection has been in use for 500 ms the server is asked over a new one; if nothing is heard
 * for 1.25 s, on that one or any other, all are cut, so that a caller knows within 2 s: the rest to 3 s is for a busy machine.
 * Returns the function that stops the watching.
 */
export function watchNetwork(pool: SteadyPool, config: pg.ClientConfig, log?: DatabaseLog): () => void {
  let probing = false;

  async function probe(): Promise<void> {
    probing = true;
    const { answers: heard } = pool;
    // A server that is too busy to accept connections is not gone, and cutting those that it has would make it worse.
    if (!(await answers(config)) && pool.answers === heard) {
      log?.warn({ connections: pool.totalCount }, 'the database stopped answering: its connections are cut');
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
      // Again until it has an effect: between two statements of a transaction there is nothing to cancel.
      if (hold.cancelled !== null) requestCancel(config, client);
    }
    if (longest >= SUSPICIOUS_AFTER_MS && !probing) void probe();
  }, TICK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
