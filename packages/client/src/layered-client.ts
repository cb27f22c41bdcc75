import type { AppRouter } from '@alice/api/types';
import { type TRPCLink, type TRPCProcedureOptions, TRPCUntypedClient } from '@trpc/client';
import type { AliceError } from './alice-error.ts';
import type { Call, Send } from './call.ts';
import { toAliceError } from './to-alice-error.ts';

/**
 * tRPC's client with our layers. The layers are not tRPC links, since tRPC wraps errors of links in its own class:
 * errors of a layer reach the caller unchanged, also through tRPC's integrations. Subscriptions do use the link, whose
 * errors tRPC does not wrap.
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

/** Sends each call once, over tRPC's links. */
export function createWire(links: TRPCLink<AppRouter>[]): Send {
  const client = new TRPCUntypedClient<AppRouter>({ links });
  return ({ type, path, input, context, signal }) => {
    const options = { context, ...(signal === undefined ? {} : { signal }) };
    return client[type](path, input, options);
  };
}

/** Makes the stack trace point to the call, if the runtime supports it: the error itself was created in a timer or a socket. */
function atCallSite(error: AliceError): AliceError {
  if ('captureStackTrace' in Error && typeof Error.captureStackTrace === 'function')
    Error.captureStackTrace(error, atCallSite);
  return error;
}
