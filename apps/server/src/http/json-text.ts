import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JsonFile } from '@alice/api';

/** A part of a JSON text: as it is, or in a file. */
export type JsonPart = string | JsonFile;

/** Longer texts are made and sent one in a turn: others are served in between. */
export const longText = 65_536;

/** The body that parts make: their text, or a stream where that would be long or is in a file, as fast as the client takes it. */
export function jsonBody(parts: readonly JsonPart[]): string | ReadableStream {
  const isText = parts.every((part) => typeof part === 'string');
  const isShort = isText && (parts.length === 1 || parts.reduce((sum, { length }) => sum + length, 0) < 4 * longText);
  return isShort ? parts.join('') : ReadableStream.from(bytesOf(parts));
}

async function* bytesOf(parts: readonly JsonPart[]): AsyncGenerator<Uint8Array> {
  try {
    for (const part of parts) {
      if (typeof part !== 'string') yield* part;
      else {
        if (part.length > longText) await nextTurn();
        yield Buffer.from(part);
      }
    }
  } finally {
    for (const part of parts) if (typeof part !== 'string') await part.close();
  }
}
