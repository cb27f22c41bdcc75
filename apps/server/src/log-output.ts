import { constants, openSync, write, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Lines are collected until a write is worthwhile, or for this long. */
const gatherMs = 200;
const gatherSize = 8192;
/** The maximum size of unwritten lines, in UTF-16 units: some seconds of a busy server. */
const heldLimit = 4 * 1024 * 1024;
/** A slow reader of a pipe may catch up soon; a full disk takes longer. */
const firstRetryMs = 5;
const lastRetryMs = 200;
/** How long the process waits for a reader at its end. */
const closeMs = 1000;

/** The lines of one write. */
interface Piece {
  /** The part that is not written yet. */
  bytes: Buffer;
  readonly size: number;
  readonly count: number;
}

/**
 * Writes log lines to a file descriptor without ever blocking. While the output is blocked (full disk, stopped reader),
 * lines are buffered up to a limit, then dropped and counted. pino's sonic-boom would end the process at the first
 * error, and retry it forever in its flush at exit.
 */
export class LogOutput {
  readonly #fd: number;
  readonly #lostLine: (count: number) => string;
  readonly #heldLimit: number;
  #lines: string[] = [];
  /** The number of these lines; a line that reports lost lines counts as that many. */
  #count = 0;
  #piece: Piece | null = null;
  /** The size of all unwritten lines. */
  #held = 0;
  #lost = 0;
  #isWriting = false;
  /** The descriptor may now belong to another file. */
  #isClosed = false;
  /** 0 while writing works. */
  #retryMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Writes to `fd`, which must not block: see `openOutput`. `lostLine` creates the line that reports lost lines. */
  constructor(fd: number, lostLine: (count: number) => string, limit = heldLimit) {
    this.#fd = fd;
    this.#lostLine = lostLine;
    this.#heldLimit = limit;
  }

  write(line: string): void {
    if (this.#isClosed || this.#held + line.length > this.#heldLimit) {
      this.#lost += 1;
      return;
    }
    this.#hold(line, 1);
    if (!this.#isWriting && this.#retryMs === 0) this.#writeSoon();
  }

  /** Writes the buffered lines, within a second. Returns the number of lines that could not be written. */
  async close(): Promise<number> {
    for (const until = performance.now() + closeMs; this.#held > 0 && performance.now() < until; ) {
      this.#writePiece();
      await sleep(firstRetryMs);
    }
    this.#end();
    return this.#unwritten;
  }

  /** The same, synchronously: writes what the output accepts at once. */
  closeNow(): number {
    try {
      // A running write finishes by itself: the process waits for its thread.
      while (!this.#isWriting && this.#held > 0) {
        const piece = this.#nextPiece();
        this.#advance(piece, writeSync(this.#fd, piece.bytes));
      }
    } catch {
      // Counted as not written.
    }
    this.#end();
    return this.#unwritten;
  }

  /** Ends the output: nothing is written after it. */
  #end(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  get #unwritten(): number {
    return this.#lost + this.#count + (this.#piece?.count ?? 0);
  }

  #hold(line: string, count: number): void {
    this.#lines.push(line);
    this.#count += count;
    this.#held += line.length;
  }

  #writeSoon(): void {
    if (this.#held >= gatherSize) this.#writePiece();
    else if (this.#held > 0) this.#writeIn(gatherMs);
  }

  #writeIn(ms: number): void {
    if (this.#isClosed) return;
    this.#timer ??= setTimeout(() => this.#writePiece(), ms).unref();
  }

  #writePiece(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#isWriting || this.#isClosed || this.#held === 0) return;
    const piece = this.#nextPiece();
    this.#isWriting = true;
    write(this.#fd, piece.bytes, (error, count) => {
      this.#isWriting = false;
      if (error !== null) {
        this.#retryMs = Math.min(Math.max(firstRetryMs, 2 * this.#retryMs), lastRetryMs);
        this.#writeIn(this.#retryMs);
        return;
      }
      this.#retryMs = 0;
      this.#advance(piece, count);
      if (this.#piece === null) this.#writeSoon();
      else this.#writePiece();
    });
  }

  #nextPiece(): Piece {
    if (this.#piece !== null) return this.#piece;
    const bytes = Buffer.from(this.#lines.join(''));
    this.#piece = { bytes, size: this.#held, count: this.#count };
    this.#lines = [];
    this.#count = 0;
    return this.#piece;
  }

  #advance(piece: Piece, count: number): void {
    piece.bytes = piece.bytes.subarray(count);
    if (piece.bytes.length > 0) return;
    this.#piece = null;
    this.#held -= piece.size;
    if (this.#lost === 0) return;
    // There is room again, so report the missing lines at this place.
    this.#hold(this.#lostLine(this.#lost), this.#lost);
    this.#lost = 0;
  }
}

/**
 * Standard output or error as a non-blocking file descriptor: a blocked write would hold a thread, and the process
 * would wait for it at its end. Node makes a pipe or socket non-blocking when its stream is first used, but not a
 * terminal.
 */
export function openOutput({ fd, isTTY }: NodeJS.WriteStream & { readonly fd: number }): number {
  if (!isTTY) return fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch {
    // Not Linux.
    return fd;
  }
}

/** Writes to standard error what it accepts at once. For the last messages: nothing may block the process after them. */
export function writeToStandardError(text: string): void {
  try {
    writeSync(openOutput(process.stderr), text);
  } catch {
    // There is nowhere left to report this.
  }
}
