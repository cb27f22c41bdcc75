import { execFile, execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const stopModule = JSON.stringify(new URL('./stop.ts', import.meta.url));
const logModule = JSON.stringify(new URL('./log.ts', import.meta.url));

let directory: string;
let pipe: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alice-stop-'));
  pipe = join(directory, 'pipe');
  execFileSync('mkfifo', [pipe]);
});
afterAll(() => rm(directory, { recursive: true }));

/** Runs a module of this text in a process of its own. */
function run(text: string): Promise<{ code: unknown; signal: unknown; output: string }> {
  return new Promise((resolve) => {
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    const script = `
      import { endProcess, endWithin, stopAll } from ${stopModule};
      import { open } from 'node:fs';
      import { createLog } from ${logModule};
      const serverLog = createLog({ appEnv: 'production', logLevel: 'info' });
      const pipe = ${JSON.stringify(pipe)};
      ${text}`;
    const options = { cwd, timeout: 10_000, killSignal: 'SIGABRT' } as const;
    const child = execFile(process.execPath, ['--input-type=module', '-e', script], options, (_error, stdout) => {
      resolve({ code: child.exitCode, signal: child.signalCode, output: stdout });
    });
  });
}

it('exits although a part never stops', async () => {
  const { code, output } = await run(`
    endWithin(300, serverLog);
    await stopAll([{ name: 'stuck', stop: () => new Promise(() => undefined) }], serverLog.log);`);
  expect(code).toBe(1);
  expect(output).toContain('did not stop in time');
});

it('exits although a thread hangs, for which process.exit would wait', async () => {
  // Opening waits until somebody opens the other end.
  const { signal, output } = await run(`
    open(pipe, 'r', () => undefined);
    endWithin(300, serverLog);
    await endProcess(0);`);
  expect(signal).toBe('SIGKILL');
  expect(output).toContain('did not stop in time');
});

it('exits with the given code after the threads have ended', async () => {
  const { code, output } = await run(`
    open(pipe, 'r', () => undefined);
    setTimeout(() => open(pipe, 'w', () => undefined), 100);
    endWithin(5000, serverLog);
    await endProcess(3);`);
  expect({ code, output }).toEqual({ code: 3, output: '' });
});
