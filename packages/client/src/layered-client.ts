import type { AppRouter } from '@alice/api/types';
import { type TRPCLink, type TRPCProcedureOptions, TRPCUntypedClient } from '@trpc/client';
import type { AliceError } from './alice-error.ts';
import type { Call, Send } from './call.ts';
import { toAliceError } from './to-alice-error.ts';

/**
 * tRPC's own client, whose calls go through our layers. They stand outside its links because it wraps whatever a link
 * fails with in its error class: what a layer throws is what the caller gets, here and through tRPC's integrations alike.
 * Subscriptions do go through the link: tRPC leaves its errors as they are.
 */
export class LayeredClient extends TRPCUntypedClient<AppRouter> {
  readonly #send: Send;

  constructor(send: Send, subscriptions: TRPCLink<AppRouter>) {
    super({ links: [subscriptions] });
    this.#send = send;
  }

  override query(path: string, input?: unknown, { context = {}, signal }: TRPCProcedureOptions = {}): Promise<unknown> {
    return this.#call({ type: 'query', path, input, context, signal });
  }

  override mutation(
    path: string,
    input?: unknown,
    { context = {}, signal }: TRPCProcedureOptions = {},
  ): Promise<unknown> {
    return this.#call({ type: 'mutation', path, input, context, signal });
  }

  async #call(call: Call): Promise<unknown> {
    try {
      return await this.#send(call);
    } catch (error) {
      throw atCallSite(toAliceError(error));
    }
  }
}

/** Sends calls over tRPC's links, each once. */
export function createWire(links: TRPCLink<AppRouter>[]): Send {
  const client = new TRPCUntypedClient<AppRouter>({ links });
  return ({ type, path, input, context, signal }) => {
    const options = { context, ...(signal === undefined ? {} : { signal }) };
    return client[type](path, input, options);
  };
}

/** Makes the stack lead to the line that made the call, where the runtime can: the failure itself was in a timer or a socket. */
function atCallSite(error: AliceError): AliceError {
  if ('captureStackTrace' in Error && typeof Error.captureStackTrace === 'function')
    Error.captureStackTrace(error, atCallSite);
  return error;
}
