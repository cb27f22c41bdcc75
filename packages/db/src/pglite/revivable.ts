import type { PGlite } from '@electric-sql/pglite';

import type { DatabaseLog } from '../database.ts';

type ExecStream = PGlite['execProtocolStream'];
type Message = Awaited<ReturnType<ExecStream>>[number];

/** After these PostgreSQL would end its process; within ours there is nobody who could start it again. */
function isDeadly(message: Message): boolean {
  return 'severity' in message && (message.severity === 'PANIC' || message.severity === 'FATAL');
}

const RETRY_AFTER_MS = 1_000;

/** A PGlite that comes back; the first two are what `createPgConfig` uses of one. */
export interface Revivable extends Pick<PGlite, 'waitReady' | 'execProtocolStream'> {
  /** Resolves when statements can be run; throws while the database cannot be opened again. */
  alive(): Promise<void>;
  close(): Promise<void>;
}

/**
 * A full disk makes PostgreSQL panic; a server would restart and recover from its log, while PGlite answers every later
 * statement with an error. Here the dead instance is left alone, as after a kill, and the next connection opens a new one
 * on the same files, which recovers them. While that fails, so do the callers, and it is tried once a second at most.
 */
export function revivable(first: PGlite, open: () => Promise<PGlite>, log?: DatabaseLog): Revivable {
  let pglite = first;
  let dead = false;
  let notBefore = 0;
  let reviving: Promise<void> | undefined;

  async function revive(): Promise<void> {
    try {
      pglite = await open();
      dead = false;
      log?.warn({}, 'the embedded database failed and was opened again');
    } catch (cause) {
      notBefore = performance.now() + RETRY_AFTER_MS;
      throw new Error('PGlite failed and could not be opened again', { cause });
    } finally {
      reviving = undefined;
    }
  }

  return {
    // Never rejects: a connection keeps it, and nobody listens there.
    waitReady: Promise.resolve(),
    alive: async () => {
      if (!dead) return;
      if (reviving === undefined && performance.now() < notBefore) throw new Error('PGlite failed a moment ago');
      reviving ??= revive();
      await reviving;
    },
    execProtocolStream: async (message, options) => {
      if (dead) throw new Error('PGlite failed');
      try {
        const answers = await pglite.execProtocolStream(message, options);
        dead = answers.some(isDeadly);
        return answers;
      } catch (error) {
        dead = true; // the WebAssembly itself was aborted, or PGlite was closed
        throw error;
      }
    },
    close: async () => {
      await reviving?.catch(() => undefined);
      // Closing writes a checkpoint: a dead instance's memory is not to be trusted with one.
      if (!dead) await pglite.close();
    },
  };
}
