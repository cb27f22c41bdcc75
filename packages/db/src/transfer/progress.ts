import { Transform } from 'node:stream';

import { type TableContent, tableLabel } from './manifest.ts';

const SAY_EVERY_MS = 2_000;
const NEWLINE = 10;

export interface Progress {
  say(line: string): void;
  /** Adds rows of a table. */
  add(table: TableContent, chunk: Buffer): void;
  /** The table is complete: reports it, unless it is empty. */
  finish(table: TableContent): void;
}

const count = (value: number): string => value.toLocaleString('en-US');

/** Reports table, rows, megabytes and the percentage of all rows: after each table, and every two seconds. */
export function startProgress(tables: readonly TableContent[], say: (line: string) => void): Progress {
  const total = tables.reduce((sum, { rows }) => sum + rows, 0);
  let done = 0;
  let current = { rows: 0, bytes: 0 };
  let saidAt = performance.now();

  const report = (table: TableContent): void => {
    saidAt = performance.now();
    const share = total === 0 ? 100 : Math.floor(((done + current.rows) / total) * 100);
    const size = (current.bytes / 1e6).toFixed(1);
    say(`${tableLabel(table)}: ${count(current.rows)} of ${count(table.rows)} rows, ${size} MB (${share} %)`);
  };
  return {
    say,
    add(table, chunk) {
      current.rows += countLines(chunk);
      current.bytes += chunk.length;
      if (performance.now() - saidAt >= SAY_EVERY_MS) report(table);
    },
    finish(table) {
      if (table.rows > 0) report(table);
      done += current.rows;
      current = { rows: 0, bytes: 0 };
    },
  };
}

/** The number of rows in COPY's text: one per line, since COPY escapes line ends in values. */
export function countLines(chunk: Buffer): number {
  let lines = 0;
  for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

/** Passes COPY's text through and counts it. */
export function countRows(table: TableContent, progress: Progress): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      progress.add(table, chunk);
      done(null, chunk);
    },
  });
}
