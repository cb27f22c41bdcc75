import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonFile } from '@alice/api';

/** A part of a JSON text: as it is, or in a file. */
export type JsonPart = string | JsonFile;

/** Longer texts are made, and turned into bytes, one in a turn: others are served in between. */
export const longText = 65_536;

export type JsonBody = string | Uint8Array<ArrayBuffer> | ReadableStream;

/** The body that parts make: their text, the bytes of a long one, or a stream where a part is in a file. */
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

/** As fast as the client takes it. */
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
