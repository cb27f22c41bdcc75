import { createHash } from 'node:crypto';

import { END_OF_ROWS, endLine, HEADER, manifestFrom, tableLine } from './backup-format.ts';
import type { Manifest, Table } from './manifest.ts';

/** A manifest of thousands of tables would be smaller. */
const LONGEST_LINE = 4_000_000;

/** Reads the text of a backup once, from its beginning to its end, and hashes it on the way. */
export class BackupReader {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #hash = createHash('sha256');
  /** What was read from the file and not yet handed out. Between two calls it begins at the start of a line. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(chunks: AsyncIterator<Buffer>) {
    this.#chunks = chunks;
  }

  async start(): Promise<Manifest> {
    const header = await this.#line().catch(() => '');
    if (header !== HEADER) {
      throw new Error(
        header.startsWith('ALICE backup')
          ? `the backup is in another format ("${header.slice(0, 40)}"): restore it with the ALICE that made it`
          : 'the file is not a backup of ALICE, or its beginning is damaged',
      );
    }
    return manifestFrom(await this.#line());
  }

  /** The rows of the next table, which must be this one. */
  async *rowsOf(table: Table): AsyncGenerator<Buffer> {
    if ((await this.#line()) !== tableLine(table)) throw damaged(`${table.name} is not where it should be`);
    for (;;) {
      const isDone = this.#rest.subarray(0, END_OF_ROWS.length).equals(Buffer.from(END_OF_ROWS));
      if (isDone) {
        this.#take(END_OF_ROWS.length);
        return;
      }
      const marker = this.#rest.indexOf(`\n${END_OF_ROWS}`);
      // Up to the end of a line: the marker is only one at the start of a line.
      const end = marker === -1 ? this.#rest.lastIndexOf('\n') : marker;
      if (end === -1) await this.#more();
      else yield this.#take(end + 1);
    }
  }

  /** Reads the last line and gives the hash of everything before it. */
  async end(): Promise<string> {
    const expected = this.#hash.copy().digest('hex');
    if ((await this.#line()) !== endLine(expected)) throw damaged('its hash is another');
    if (this.#rest.length > 0 || (await this.#next()) !== undefined) throw damaged('something follows its end');
    return expected;
  }

  /** Lets go of the file. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  async #line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\n');
      if (end !== -1) return this.#take(end + 1).toString('utf8', 0, end);
      if (this.#rest.length > LONGEST_LINE) throw damaged('a line has no end');
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
    if (chunk === undefined) throw damaged('it ends too early');
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
