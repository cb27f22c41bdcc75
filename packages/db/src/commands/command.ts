import { type ParseArgsConfig, parseArgs } from 'node:util';

import type { Database } from '../database.ts';
import { joinDatabase } from '../embedded/join.ts';
import type { CommandSettings } from '../env.ts';
import { describeLocation } from '../transfer/location.ts';

/** Where a command speaks. */
export interface CommandTerminal {
  say(line: string): void;
  /** Says what went wrong. */
  complain(line: string): void;
  /** Asks a person, and gives whether the answer was yes. Throws where no terminal is there to ask. */
  confirm(question: string): Promise<boolean>;
}

export interface CommandContext extends CommandTerminal {
  readonly settings: CommandSettings;
}

export interface Command {
  /** What follows `pnpm`. */
  readonly usage: string;
  run(context: CommandContext, args: readonly string[]): Promise<void>;
}

/** A mistake in the arguments; its message is the usage. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The arguments by their options and positions. Throws the usage when there is anything else, or too many of them. */
export function readArguments<const Options extends NonNullable<ParseArgsConfig['options']>>(
  usage: string,
  args: readonly string[],
  { options, positions = 0 }: { readonly options: Options; readonly positions?: number },
) {
  try {
    const parsed = parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
    if (parsed.positionals.length <= positions) return parsed;
  } catch {
    // The parser's messages are longer, and do not say what would be right.
  }
  throw new UsageError(`usage: pnpm ${usage}`);
}

/** Says which database it is, then opens the one that the settings name, beside a server that has it open. */
export async function withDatabase(
  { settings, say }: CommandContext,
  work: (database: Database) => Promise<void>,
): Promise<void> {
  say(`database: ${describeLocation(settings.database)}`);
  await using database = await joinDatabase(settings.database);
  await work(database);
}

/** Throws in production, unless the flag says that it is meant. */
export function requireProductionFlag(settings: CommandSettings, isMeant: boolean | undefined, what: string): void {
  if (!settings.isProduction || isMeant === true) return;
  throw new Error(`APP_ENV is production: ${what}. Add --production if you mean it`);
}
