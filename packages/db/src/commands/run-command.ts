import type { CommandSettings } from '../env.ts';
import { backupCommand } from './backup.ts';
import type { Command, CommandTerminal } from './command.ts';
import { migrateCommand } from './migrate.ts';
import { moveCommand } from './move.ts';
import { newCommand } from './new.ts';
import { restoreCommand } from './restore.ts';
import { rollbackCommand } from './rollback.ts';
import { statusCommand } from './status.ts';

const COMMANDS: Readonly<Record<string, Command>> = {
  new: newCommand,
  migrate: migrateCommand,
  rollback: rollbackCommand,
  status: statusCommand,
  move: moveCommand,
  backup: backupCommand,
  restore: restoreCommand,
};

/** Runs the command in the first argument. Returns the exit code: 0, or 1 after an error message. */
export async function runCommand(
  args: readonly string[],
  readSettings: () => CommandSettings,
  terminal: CommandTerminal,
): Promise<number> {
  const [name = '', ...rest] = args;
  try {
    const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
    if (command === undefined) {
      const usages = Object.values(COMMANDS).map(({ usage }) => `  pnpm ${usage}`);
      throw new Error(`unknown command. Available commands:\n${usages.join('\n')}`);
    }
    await command.run({ settings: readSettings(), ...terminal }, rest);
    return 0;
  } catch (error) {
    terminal.complain(`error: ${explain(error)}`);
    return 1;
  }
}

/** One line. Our errors contain the names of settings but not their values, since a URL contains a password. */
function explain(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return explain(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}
