import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonFile } from '@alice/api';

/** A part of a JSON text: a string, or a file. */
export type JsonPart = string | JsonFile;

/** Longer texts are serialized and encoded one per turn of the event loop, so that others are served in between. */
export const longText = 65_536;

export type JsonBody = string | Uint8Array<ArrayBuffer> | ReadableStream;

/** The body of some parts: their text, the bytes of a long text, or a stream if a part is a file. */
export async function jsonBody(parts: readonly JsonPart[]): Promise<JsonBody> {
  const texts = parts.filter((part) => typeof part === 'string');
  if (texts.length < parts.length) return ReadableStream.from(bytesOf(parts));
  if (texts.reduce((sum, { length }) => sum + length, 0) < 4 * longText) return texts.join('');
  const bytes: Buffer[] = [];
  for (const text of texts) {
    bytes.push(Buffer.from(text));
    if (text.length > longText) await nextTurn();
  }
  return Buffer.concat(bytes);
}

/** As fast as the client reads. */
async function* bytesOf(parts: readonly JsonPart[]): AsyncGenerator<Uint8Array> {
  try {
    for (const part of parts) {
      if (typeof part === 'string') yield Buffer.from(part);
      else yield* part;
    }
  } finally {
    for (const part of parts) if (typeof part !== 'string') await part.close();
  }
}
