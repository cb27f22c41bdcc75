import { randomUUID } from 'node:crypto';
import { close, closeSync, ftruncateSync, openSync, read, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { DomainError } from '../../errors/domain-error.ts';

const chunkBytes = 65_536;
/** The time in which the client must read the file; then it is removed. */
const keptMs = 10 * 60_000;
/** Larger files can only be streamed: loading them would defeat the purpose of the file. */
const mostWholeBytes = 16 * 1024 * 1024;

const readFrom = promisify(read);
const closeFile = promisify(close);

/**
 * A JSON text that is too large for memory, in an unlinked file, which leaves nothing behind. It is written once, then
 * read once.
 */
export class JsonFile {
  readonly #fd: number;
  #bytes = 0;
  #isClosed = false;
  #limit: NodeJS.Timeout | undefined;

  /** The directory of the file. */
  constructor(directory: string) {
    const path = join(directory, `alice-${randomUUID()}.json`);
    this.#fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
  }

  /** Synchronous, into the page cache: a transaction that reads the data waits for nothing else. */
  write(text: string): void {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#fd, bytes, at, bytes.length - at, this.#bytes + at);
    this.#bytes += bytes.length;
  }

  /** Starts again from the beginning. */
  clear(): void {
    ftruncateSync(this.#fd);
    this.#bytes = 0;
  }

  /** Completes the file. */
  finish(): this {
    this.#limit = setTimeout(() => void this.close(), keptMs).unref();
    return this;
  }

  /** Yields the bytes once, then closes the file. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (let at = 0; at < this.#bytes; ) {
        if (this.#isClosed) throw new Error('the file is closed: the client read it too slowly');
        const { bytesRead, buffer } = await readFrom(this.#fd, Buffer.allocUnsafe(chunkBytes), 0, chunkBytes, at);
        if (bytesRead === 0) throw new Error('the file is shorter than what was written');
        at += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await this.close();
    }
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#limit);
    await closeFile(this.#fd);
  }

  /** The whole text, for transports that cannot stream. Throws PAYLOAD_TOO_LARGE. */
  toJSON(): unknown {
    try {
      if (this.#bytes > mostWholeBytes)
        throw new DomainError('PAYLOAD_TOO_LARGE', 'The response is too large for tRPC: use the REST API');
      const whole = Buffer.allocUnsafe(this.#bytes);
      readSync(this.#fd, whole, 0, this.#bytes, 0);
      return JSON.parse(whole.toString());
    } finally {
      this.#isClosed = true;
      clearTimeout(this.#limit);
      closeSync(this.#fd);
    }
  }
}

/**
 * The output schema of a procedure that returns a file with this content. The content is validated when it is written.
 */
export function fileOf<Content extends z.ZodType>(content: Content) {
  const file = z.custom((value) => value instanceof JsonFile).meta({ [fileContent]: content });
  // The guarantee: clients get the content of the file, and every transport sends that.
  return file as unknown as z.ZodType<z.output<Content>, z.input<Content>>;
}

/** The same, for the value that such a procedure returns. */
export function asContent<Content>(file: JsonFile): Content {
  return file as unknown as Content;
}

const fileContent = 'fileContent';

/** The schema of an output; for a file, the schema of its content. */
export function contentOf(output: z.ZodType): z.ZodType {
  const content = output.meta()?.[fileContent];
  return content instanceof z.ZodType ? content : output;
}
