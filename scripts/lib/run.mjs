/** Runs commands: with captured output, on this terminal, or in place of this process. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root, toolEnv } from './workspace.mjs';

// The output is only progress: a full disk or a closed pipe must not end the process.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

/** Runs a command and returns its exit code, its output and its duration. Never throws. */
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

/** Runs a step. Prints one line on success; on failure prints all its output and exits. */
export async function step(label, command, args) {
  process.stdout.write(`alice: ${label} …`);
  const { code, output, time } = await capture(command, args);
  process.stdout.write(code === 0 ? ` ${time}\n` : ' failed\n');
  if (code === 0) return;
  process.stderr.write(`${output.trimEnd()}\nalice: ${label} failed (${command} ended with ${code})\n`);
  process.exit(1);
}

/** Runs a command on this terminal and returns its exit code. Forwards SIGINT and SIGTERM to it as SIGTERM. */
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
 * Runs the command in place of this process, as an exec would: forwards stop signals and exits with the command's code.
 * Ctrl-C already sends SIGINT to the command, and npm then sends it to us. So we forward SIGTERM, and only once: a command
 * that exits at once on a second SIGINT never gets the second one from us.
 */
export function become(command, args) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit' });
  let asked = false;
  const stop = () => {
    if (!asked) child.kill('SIGTERM');
    asked = true;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);

  // If npm is killed with SIGKILL, it cannot forward a signal: stop when our parent process has changed.
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
