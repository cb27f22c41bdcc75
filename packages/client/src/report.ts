/** Browsers and some edge runtimes have it, and not every `lib` knows it. */
const runtime: { readonly console: object; readonly reportError?: (error: unknown) => void } = globalThis;

/** Makes a failure of the caller's own code known, as one that nobody caught, and lets us go on. */
export function report(error: unknown): void {
  if (runtime.reportError !== undefined) {
    runtime.reportError(error);
    return;
  }
  queueMicrotask(() => {
    throw error;
  });
}

/** Calls what the caller gave us. What it throws is reported and breaks nothing else. */
export function callSafely<Value>(listener: ((value: Value) => void) | undefined, value: Value): void {
  try {
    listener?.(value);
  } catch (error) {
    report(error);
  }
}
