import { createHash } from 'node:crypto';

import { END_OF_ROWS, endLine, HEADER, manifestFrom, tableLine } from './backup-format.ts';
import type { Manifest, Table } from './manifest.ts';

/** Even a manifest of thousands of tables would be smaller. */
const LONGEST_LINE = 4_000_000;

/** Reads the text of a backup once, from start to end, and computes its hash. */
export class BackupReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #hash = createHash('sha256');
  /** The part of the file that was read but not returned yet. Between two calls it starts at the beginning of a line. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterator<Buffer>) {
    this.#chunks = chunks;
  }

  async start(): Promise<Manifest> {
    const header = await this.#line().catch(() => '');
    if (header !== HEADER) {
      throw new Error(
        header.startsWith('ALICE backup')
          ? `the backup has another format ("${header.slice(0, 40)}"): restore it with the version of ALICE that created it`
          : 'the file is not an ALICE backup, or its beginning is damaged',
      );
    }
    return manifestFrom(await this.#line());
  }

  /** The rows of the next table, which must be this one. */
  async *rowsOf(table: Table): AsyncGenerator<Buffer> {
    if ((await this.#line()) !== tableLine(table)) throw damaged(`the table ${table.name} is not at its place`);
    for (;;) {
      const isDone = this.#rest.subarray(0, END_OF_ROWS.length).equals(Buffer.from(END_OF_ROWS));
      if (isDone) {
        this.#take(END_OF_ROWS.length);
        return;
      }
      const marker = this.#rest.indexOf(`\n${END_OF_ROWS}`);
      // Up to the end of a line: the marker is only valid at the start of a line.
      const end = marker === -1 ? this.#rest.lastIndexOf('\n') : marker;
      if (end === -1) await this.#more();
      else yield this.#take(end + 1);
    }
  }

  /** Reads the last line and returns the hash of everything before it. */
  async end(): Promise<string> {
    const expected = this.#hash.copy().digest('hex');
    if ((await this.#line()) !== endLine(expected)) throw damaged('wrong hash');
    if (this.#rest.length > 0 || (await this.#next()) !== undefined) throw damaged('unexpected data after its end');
    return expected;
  }

  /** Closes the file. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\n');
      if (end !== -1) return this.#take(end + 1).toString('utf8', 0, end);
      if (this.#rest.length > LONGEST_LINE) throw damaged('a line does not end');
      await this.#more();
    }
  }

  #take(length: number): Buffer {
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    this.#hash.update(taken);
    return taken;
  }

  async #more(): Promise<void> {
    const chunk = await this.#next();
    if (chunk === undefined) throw damaged('unexpected end');
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const { value, done } = await this.#chunks.next();
      return done === true ? undefined : value;
    } catch (cause) {
      throw damaged(cause instanceof Error ? cause.message : String(cause), cause);
    }
  }
}

function damaged(why: string, cause?: unknown): Error {
  return new Error(`the backup is damaged (${why}): nothing was restored`, { cause });
}
