import { randomUUID } from 'node:crypto';
import { close, closeSync, ftruncateSync, openSync, read, readSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { DomainError } from '../../errors/domain-error.ts';

const chunkBytes = 65_536;
/** How long a reader may take; then the file is removed. */
const keptMs = 10 * 60_000;
/** What is larger is only streamed: to hold it whole would be what a file is there to avoid. */
const mostWholeBytes = 16 * 1024 * 1024;

const readFrom = promisify(read);
const closeFile = promisify(close);

/**
 * JSON text that is too much for memory, in a file that has no name any more and so leaves nothing behind. It is written from
 * its beginning to its end, then read once.
 */
export class JsonFile {
  readonly #fd: number;
  #bytes = 0;
  #isClosed = false;
  #limit: NodeJS.Timeout | undefined;

  /** In this directory. */
  constructor(directory: string) {
    const path = join(directory, `alice-${randomUUID()}.json`);
    this.#fd = openSync(path, 'wx+', 0o600);
    unlinkSync(path);
  }

  /** At once, into the memory of the operating system: a transaction that reads what is written waits for nothing. */
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

  /** It is whole. */
  finish(): this {
    this.#limit = setTimeout(() => void this.close(), keptMs).unref();
    return this;
  }

  /** Its bytes, once; then it is closed. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (let at = 0; at < this.#bytes; ) {
        if (this.#isClosed) throw new Error('the file is closed: its reader took too long');
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

  /** The whole, for transports that cannot stream. Throws PAYLOAD_TOO_LARGE. */
  toJSON(): unknown {
    try {
      if (this.#bytes > mostWholeBytes)
        throw new DomainError('PAYLOAD_TOO_LARGE', 'The reply is too large to be given this way: ask for it over REST');
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

/** The output of a procedure that gives a file with what `content` describes: checked when it was written. */
export function fileOf<Content extends z.ZodType>(content: Content) {
  const file = z.custom((value) => value instanceof JsonFile).meta({ [fileContent]: content });
  // The guarantee: clients are given what the file holds, and every transport sends that.
  return file as unknown as z.ZodType<z.output<Content>, z.input<Content>>;
}

/** Likewise, for what such a procedure returns. */
export function asContent<Content>(file: JsonFile): Content {
  return file as unknown as Content;
}

const fileContent = 'fileContent';

/** What an output holds: of a file its content. */
export function contentOf(output: z.ZodType): z.ZodType {
  const content = output.meta()?.[fileContent];
  return content instanceof z.ZodType ? content : output;
}
