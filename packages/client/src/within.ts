import { AliceError } from './alice-error.ts';

interface Limits {
  /** The caller's signal. */
  readonly signal: AbortSignal | undefined;
  readonly timeoutMs?: number;
}

/**
 * Runs `work` until the caller cancels or the timeout expires. Then its signal aborts, and this rejects at once with
 * CANCELLED or TIMEOUT, even if the work continues: a call in a batch cannot abort the shared request.
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
        : setTimeout(() => stop(new AliceError('TIMEOUT', `No response within ${timeoutMs} ms`)), timeoutMs);
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

/** Waits. Rejects with CANCELLED if the caller cancels. */
export function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return within({ signal }, (inner) => sleep(milliseconds, inner));
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}
