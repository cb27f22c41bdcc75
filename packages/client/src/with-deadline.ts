import type { Send } from './call.ts';
import { toAliceError } from './to-alice-error.ts';
import { within } from './within.ts';

/** Gives each attempt of a call so many milliseconds. What it fails with is an `AliceError`. */
export function withDeadline(send: Send, timeoutMs: number): Send {
  return async (call) => {
    try {
      return await within({ signal: call.signal, timeoutMs }, (signal) => send({ ...call, signal }));
    } catch (error) {
      throw toAliceError(error);
    }
  };
}
