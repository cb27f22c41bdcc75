/** Browsers and some edge runtimes have it, but not every `lib` declares it. */
const runtime: { readonly console: object; readonly reportError?: (error: unknown) => void } = globalThis;

/** Reports an error of the caller's own code as an uncaught one, without interrupting ours. */
export function report(error: unknown): void {
  if (runtime.reportError !== undefined) {
    runtime.reportError(error);
    return;
  }
  queueMicrotask(() => {
    throw error;
  });
}

/** Runs a callback of the caller. An error is reported and breaks nothing else. */
export function callSafely<Value>(listener: ((value: Value) => void) | undefined, value: Value): void {
  try {
    listener?.(value);
  } catch (error) {
    report(error);
  }
}
