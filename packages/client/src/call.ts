/** One procedure call on its way through the layers (retries, session, timeout) to the network. */
export interface Call {
  readonly type: 'query' | 'mutation';
  /** The procedure: `tasks.list`. */
  readonly path: string;
  readonly input: unknown;
  readonly context: Record<string, unknown>;
  readonly signal: AbortSignal | undefined;
}

/** Makes a call and returns its output. Layers wrap one in another. */
export type Send = (call: Call) => Promise<unknown>;
