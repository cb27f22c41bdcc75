import type { ProcedureFacts } from '@alice/api';

/** A call that every transport can make. */
export interface Call {
  readonly procedure: ProcedureFacts;
  readonly input: unknown;
  /** Null: anonymous. */
  readonly tokens: { readonly accessToken: string; readonly refreshToken: string } | null;
  readonly requestId: string;
  readonly key?: string | undefined;
}

/** What came of it, said in one way whatever the transport. */
export type Outcome =
  | { readonly ok: true; readonly data: unknown }
  | {
      readonly ok: false;
      readonly code: string;
      readonly message: unknown;
      readonly errors: unknown;
      readonly details: unknown;
    };

export interface Answer {
  readonly outcome: Outcome;
  readonly status: number;
  readonly headers: Headers;
  /** The body, byte for byte; of a stream, what was read of it. */
  readonly text: string;
}

export type Transport = (url: string, call: Call) => Promise<Answer>;

/** How many changes of a stream a call waits for. */
export const streamedItems = 3;

export function failure({ code, message, errors, details }: Omit<Outcome & { ok: false }, 'ok'>): Outcome {
  return { ok: false, code, message, errors, details: isEmpty(details) ? null : details };
}

function isEmpty(value: unknown): boolean {
  return value == null || (typeof value === 'object' && Object.keys(value).length === 0);
}

/** A part of a JSON document. The guarantee: whoever reads a field of it compares what it finds. */
export function record(value: unknown): Record<string, unknown> {
  return value as Record<string, unknown>;
}

export function authorization({ tokens }: Call): Record<string, string> {
  return tokens === null ? {} : { authorization: `Bearer ${tokens.accessToken}` };
}

export function ownHeaders({ requestId, key }: Call): Record<string, string> {
  return { 'x-request-id': requestId, ...(key === undefined ? {} : { 'idempotency-key': key }) };
}

/** Reads the first events of a stream that carry data, and leaves. */
export async function readEvents(
  response: Response,
  isChange: (event: { name: string; data: string }) => boolean,
): Promise<{ text: string; items: unknown[] }> {
  if (response.body === null) throw new Error('a stream has a body');
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    const items = text.split('\n\n').slice(0, -1).map(parseEvent).filter(isChange);
    if (items.length >= streamedItems) {
      return { text, items: items.slice(0, streamedItems).map(({ id, data }) => ({ id, data: JSON.parse(data) })) };
    }
  }
  throw new Error(`the stream ended too early: ${text}`);
}

function parseEvent(block: string) {
  const fieldOf = (name: string) => new RegExp(`^${name}: ?(.*)$`, 'm').exec(block)?.[1] ?? '';
  return { name: fieldOf('event'), id: fieldOf('id'), data: fieldOf('data') };
}
