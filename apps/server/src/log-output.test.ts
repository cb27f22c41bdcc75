import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LogOutput } from './log-output.ts';

const { O_RDONLY, O_WRONLY, O_NONBLOCK } = constants;
const heldLimit = 100_000;
const line = (number: number) => `${number} ${'é'.repeat(90)}\n`;
const lostLine = (count: number) => `lost ${count}\n`;

let directory: string;
let opened: number[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alice-log-'));
  opened = [];
});

afterEach(async () => {
  for (const fd of opened) closeSync(fd);
  await rm(directory, { recursive: true });
});

function open(path: string, flags: number | string): number {
  const fd = openSync(path, flags);
  opened.push(fd);
  return fd;
}

/** Both ends of a pipe, neither of which blocks. */
function openPipe(): { reader: number; writer: number } {
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  const reader = open(path, O_RDONLY | O_NONBLOCK);
  return { reader, writer: open(path, O_WRONLY | O_NONBLOCK) };
}

/** Reads what comes until `isEnough`. */
async function readUntil(reader: number, isEnough: (lines: readonly string[]) => boolean): Promise<string[]> {
  const chunk = Buffer.alloc(65_536);
  let bytes = Buffer.alloc(0);
  for (;;) {
    try {
      bytes = Buffer.concat([bytes, chunk.subarray(0, readSync(reader, chunk))]);
    } catch {
      // Empty for now.
    }
    const lines = bytes.toString().split('\n');
    if (lines.pop() === '' && isEnough(lines)) return lines;
    await sleep(5);
  }
}

it('writes whole lines in order, with little delay', async () => {
  const path = join(directory, 'log');
  const output = new LogOutput(open(path, 'a'), lostLine);
  const expected = Array.from({ length: 1000 }, (_, index) => line(index));
  for (const text of expected) output.write(text);
  await expect.poll(() => readFile(path, 'utf8')).toBe(expected.join(''));
  expect(await output.close()).toBe(0);
});

it('drops and counts lines while the reader is blocked, and logs the count at that position', async () => {
  const { reader, writer } = openPipe();
  const output = new LogOutput(writer, lostLine, heldLimit);
  const total = 20_000;
  for (let index = 0; index < total; index += 1) {
    output.write(line(index));
    // So that the pipe fills while lines come.
    if (index % 100 === 0) await sleep(0);
  }
  const lines = await readUntil(reader, (all) => all.at(-1)?.startsWith('lost ') === true);
  const lost = Number(lines.at(-1)?.slice('lost '.length));
  // What the pipe and our memory held is there, in order and whole; the rest is counted.
  expect(lines.slice(0, -1)).toEqual(Array.from({ length: total - lost }, (_, index) => line(index).trimEnd()));
  expect(lost).toBeGreaterThan(total - (heldLimit + 2 * 65_536) / line(0).length);

  output.write(line(total));
  expect(await readUntil(reader, (all) => all.length > 0)).toEqual([line(total).trimEnd()]);
  expect(await output.close()).toBe(0);
});

it.each(['close', 'closeNow'] as const)(
  '%s ends soon although the reader is blocked, and returns the number of unwritten lines',
  async (way) => {
    const { writer } = openPipe();
    const output = new LogOutput(writer, lostLine, heldLimit);
    for (let index = 0; index < 20_000; index += 1) output.write(line(index));
    await sleep(50);
    const startedAt = performance.now();
    expect(await output[way]()).toBeGreaterThan(10_000);
    expect(performance.now() - startedAt).toBeLessThan(5000);
  },
);

it.each(['close', 'closeNow'] as const)(
  'writes nothing after %s, since the descriptor may belong to another file',
  async (way) => {
    const { reader, writer } = openPipe();
    const output = new LogOutput(writer, lostLine, heldLimit);
    for (let index = 0; index < 2000; index += 1) output.write(line(index));
    await sleep(50);
    await output[way]();
    const read = () => readSync(reader, Buffer.alloc(1_000_000));
    // A write that was running at the end finishes by itself; on a busy machine, a moment later.
    await sleep(500);
    const drain = (total = 0): number => {
      try {
        return drain(total + read());
      } catch {
        return total;
      }
    };
    expect(drain()).toBeGreaterThan(1000);
    output.write(line(2000));
    await sleep(500);
    expect(read).toThrow(/EAGAIN/);
  },
);

it('keeps the lines that a full disk did not accept, and neither throws nor loops', async () => {
  const output = new LogOutput(open('/dev/full', 'w'), lostLine, heldLimit);
  for (let index = 0; index < 20; index += 1) {
    output.write(line(index));
    await sleep(20);
  }
  const cpu = process.cpuUsage();
  await sleep(500);
  expect(process.cpuUsage(cpu).user).toBeLessThan(200_000);
  expect(output.closeNow()).toBe(20);
});
