import { type ParseArgsConfig, parseArgs } from 'node:util';

import type { Database } from '../database.ts';
import { joinDatabase } from '../embedded/join.ts';
import type { CommandSettings } from '../env.ts';
import { describeLocation } from '../transfer/location.ts';

/** The terminal of a command. */
export interface CommandTerminal {
  say(line: string): void;
  /** Prints an error. */
  complain(line: string): void;
  /** Asks the user and returns whether the answer was yes. Throws without a terminal. */
  confirm(question: string): Promise<boolean>;
}

export interface CommandContext extends CommandTerminal {
  readonly settings: CommandSettings;
}

export interface Command {
  /** The command after `pnpm`. */
  readonly usage: string;
  run(context: CommandContext, args: readonly string[]): Promise<void>;
}

/** Wrong arguments; the message is the usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Parses options and positional arguments. Throws the usage if there are unknown or too many arguments. */
export function readArguments<const Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  args: readonly string[],
  { options, positions = 0 }: { readonly options: Options; readonly positions?: number },
) {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (parsed.positionals.length <= positions) return parsed;
  } catch {
    // The parser's messages are longer and do not show the right usage.
  }
  throw new UsageError(`usage: pnpm ${usage}`);
}

/** Prints the database of the settings and opens it; another server may have it open too. */
export async function withDatabase(
  { settings, say }: CommandContext,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  say(`database: ${describeLocation(settings.database)}`);
  await using database = await joinDatabase(settings.database);
  await work(database);
}

/** Throws in production, unless the flag confirms the command. */
export function requireProductionFlag(settings: CommandSettings, isMeant: boolean | undefined, what: string): void {
  if (!settings.isProduction || isMeant === true) return;
  throw new Error(`APP_ENV is production: ${what}. Add --production to confirm`);
}
