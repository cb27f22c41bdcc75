/** What the README's examples take for granted: the client, and the application around it. */
declare const alice: import('@alice/client').AliceClient;
declare const copy: import('@alice/client').LocalCopy;
declare const createAliceClient: typeof import('@alice/client').createAliceClient;
declare const isAliceError: typeof import('@alice/client').isAliceError;
declare const needsSecondFactor: typeof import('@alice/client').needsSecondFactor;
declare const paginate: typeof import('@alice/client').paginate;
type TokenStore = import('@alice/client').TokenStore;

declare const email: string;
declare const password: string;
declare const apiKey: string;
declare const id: string;
declare const title: string;
declare const text: string;
declare const expectedVersion: number;
declare const row: { readonly number: number; readonly title: string };
declare const controller: AbortController;

declare const secureStorage: {
  read(key: string): Promise<import('@alice/client').Tokens | null>;
  write(key: string, value: import('@alice/client').Tokens): Promise<void>;
  delete(key: string): Promise<void>;
};
declare const board: {
  show(task: import('@alice/client').Task | null): void;
  remove(id: string): void;
  mark(state: string, code: string | undefined): void;
};
declare const metrics: { time(name: string, ms: number, facts: object): void };
declare function reload(details: unknown): void;
declare function show(errors: readonly { readonly path: string; readonly message: string }[]): void;
declare function report(message: string, requestId: string | undefined): void;
