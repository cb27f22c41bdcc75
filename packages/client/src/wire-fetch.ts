import { foreignReply, isRecord, noReply, parseJson, readText } from './foreign-reply.ts';

/** A response as tRPC reads it. */
export class WireResponse {
  readonly ok: boolean;
  readonly requestId: string | undefined;
  readonly #response: Response;

  constructor(response: Response) {
    this.#response = response;
    this.ok = response.ok;
    this.requestId = response.headers.get('x-request-id') ?? undefined;
  }

  /** The body. Throws an `AliceError` if it is incomplete or not from a tRPC server. */
  async json(): Promise<unknown> {
    const body = parseJson(await readText(this.#response));
    if (Array.isArray(body) || (isRecord(body) && ('result' in body || 'error' in body))) return body;
    throw foreignReply(this.#response, body);
  }
}

type WireFetch = (url: string | URL | Request, init?: object) => Promise<WireResponse>;

/** `fetch` for tRPC's links. Its `AliceError`s distinguish "no response" from "not a response of ALICE". */
export function createWireFetch(fetch: typeof globalThis.fetch): WireFetch {
  return async (url, init) => {
    let response: Response;
    try {
      response = await fetch(url, init);
    } catch (cause) {
      throw noReply(cause);
    }
    return new WireResponse(response);
  };
}
