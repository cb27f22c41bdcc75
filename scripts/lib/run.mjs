/** Runs commands: quietly, or as if they were this process. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root, toolEnv } from './workspace.mjs';

// What is printed here is progress: a full disk or a reader that is gone is no reason to end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs a command to its end and gives its exit code, what it printed and how long it took. Never throws. */
export function capture(command, args, { env } = {}) {
  const since = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: toolEnv(env), stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.stderr.on('data', (chunk) => chunks.push(chunk));
    child.on('error', (error) => chunks.push(Buffer.from(`${command}: ${error.message}\n`)));
    child.on('close', (code) =>
      resolve({ code: code ?? 1, output: Buffer.concat(chunks).toString(), time: seconds(since) }),
    );
  });
}

/** One line for a step that succeeds; for one that fails, everything it printed and the end of this process. */
export async function step(label, command, args) {
  process.stdout.write(`alice: ${label} …`);
  const { code, output, time } = await capture(command, args);
  process.stdout.write(code === 0 ? ` ${time}\n` : ' failed\n');
  if (code === 0) return;
  process.stderr.write(`${output.trimEnd()}\nalice: ${label} failed (${command} ended with ${code})\n`);
  process.exit(1);
}

/** Runs a command on this terminal and gives its exit code; a request to stop goes to the command, not past it. */
export function passThrough(command, args, { env } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env: toolEnv(env), stdio: ['ignore', 'inherit', 'inherit'] });
    const stop = () => child.kill('SIGTERM');
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop);
    child.on('error', (error) => console.error(`${command}: ${error.message}`));
    child.on('close', (code) => {
      for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, stop);
      resolve(code ?? 1);
    });
  });
}

/**
 * Becomes the command, as far as Node.js lets it: passes every stop signal on, waits, and ends with the command's code.
 * Ctrl-C in a terminal reaches the command itself, and npm then repeats it to us. What is passed on is therefore SIGTERM,
 * once: a command that takes the first SIGINT as a request and the second as an order never gets a second from us.
 */
export function become(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
  let asked = false;
  const stop = () => {
    if (!asked) child.kill('SIGTERM');
    asked = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);

  // npm killed outright cannot pass anything on: its end is a request to stop as well.
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    stop();
  }, 500);
  if (process.env.npm_lifecycle_event === undefined) clearInterval(watch);

  child.on('error', (error) => {
    console.error(`alice: ${command}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
