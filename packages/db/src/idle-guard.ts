/** Detects a transaction that waits for something other than the database. */
export interface IdleGuard {
  /** Runs one statement of the transaction. Throws, also for later statements, if the transaction has waited. */
  during<T>(run: () => Promise<T>): Promise<T>;
  /** Throws if the transaction has waited: it must not commit. */
  check(): void;
  end(): void;
}

/** No checks: a production server should not fail for this. */
export const noGuard: IdleGuard = { during: (run) => run(), check: () => undefined, end: () => undefined };

/**
 * Between two statements, a transaction may only compute. Its code continues in the same turn of the event loop that
 * brought the result, however busy the machine is. So if a turn ends without a running statement, the transaction waits
 * for a hash, a timer or another server, and would hold its connection and locks meanwhile.
 */
export function createIdleGuard(): IdleGuard {
  let running = 0;
  let isOver = false;
  let failure: Error | null = null;
  let lastStatement = new Error('the transaction began here');

  function check(): void {
    if (failure !== null) throw failure;
  }
  function watch(): void {
    setImmediate(() => {
      if (running > 0 || isOver || failure !== null) return;
      failure = new Error('a transaction waited for something that is not the database', { cause: lastStatement });
    });
  }
  watch();

  return {
    check,
    end: () => {
      isOver = true;
    },
    async during(run) {
      check();
      running += 1;
      lastStatement = new Error('its last statement before that was run here');
      try {
        return await run();
      } finally {
        running -= 1;
        if (running === 0) watch();
      }
    },
  };
}
