import { execFile } from 'node:child_process';

/** Gives what a command printed to standard output. Throws with all that it printed when it does not end with 0. */
export function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout.trimEnd());
      else reject(new Error(`${[command, ...args].join(' ')} failed:\n${stdout}${stderr}`, { cause: error }));
    });
  });
}
