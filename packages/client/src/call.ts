/** One call of a procedure on its way through the layers (retries, session, deadline) to the wire. */
export interface Call {
  readonly type: 'query' | 'mutation';
  /** The procedure: `tasks.list`. */
  readonly path: string;
  readonly input: unknown;
  readonly context: Record<string, unknown>;
  readonly signal: AbortSignal | undefined;
}

/** Makes a call and gives its output. A layer takes one and gives another. */
export type Send = (call: Call) => Promise<unknown>;
