import { createInterface } from 'node:readline/promises';

import type { CommandTerminal } from './command.ts';

/** The terminal, or the process's redirected standard streams. */
export const terminal: CommandTerminal = {
  say: (line) => {
    process.stdout.write(`${line}\n`);
  },
  complain: (line) => {
    process.stderr.write(`${line}\n`);
  },
  confirm: async (question) => {
    if (!process.stdin.isTTY) throw new Error(`${question} There is no terminal to ask: add --yes to confirm`);
    const questions = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return /^y(es)?$/i.test((await questions.question(`${question} (y/N) `)).trim());
    } finally {
      questions.close();
    }
  },
};
