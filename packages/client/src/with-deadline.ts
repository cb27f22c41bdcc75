import type { Send } from './call.ts';
import { toAliceError } from './to-alice-error.ts';
import { within } from './within.ts';

/** Adds a timeout in milliseconds to each attempt of a call. Errors are `AliceError`s. */
export function withDeadline(send: Send, timeoutMs: number): Send {
  return async (call) => {
    try {
      return await within({ signal: call.signal, timeoutMs }, (signal) => send({ ...call, signal }));
    } catch (error) {
      throw toAliceError(error);
    }
  };
}
