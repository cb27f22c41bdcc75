/** The caller has disconnected: nobody waits for the result. */
export class CallerLeftError extends Error {
  override readonly name = 'CallerLeftError';
  constructor(cause?: unknown) {
    super('the caller has left', { cause });
  }
}
