import { AliceError } from './alice-error.ts';

interface Limits {
  /** The caller's. */
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/**
 * Does `work` until the caller cancels or the time is over. Then its signal aborts and this rejects at once with
 * CANCELLED or TIMEOUT, whether or not the work heeds it: a call in a batch cannot stop the request that it shares.
 */
export function within<T>({ signal, timeoutMs }: Limits, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const stop = (error: AliceError) => {
      release();
      controller.abort(error);
      reject(error);
    };
    const cancel = () => stop(new AliceError('CANCELLED', 'The call was cancelled', { cause: signal?.reason }));
    const timer =
      timeoutMs === undefined
        ? undefined
        : setTimeout(() => stop(new AliceError('TIMEOUT', `No reply within ${timeoutMs} ms`)), timeoutMs);
    const release = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    };

    if (signal?.aborted) {
      cancel();
      return;
    }
    signal?.addEventListener('abort', cancel);
    work(controller.signal).then(resolve, reject).finally(release);
  });
}

/** Waits, unless the caller cancels: then it rejects with CANCELLED. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return within({ signal }, (inner) => sleep(milliseconds, inner));
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}
