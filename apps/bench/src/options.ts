import { parseArgs } from 'node:util';
import { isWorkName, type WorkName, workNames } from './works.ts';

export interface Options {
  readonly works: readonly WorkName[];
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly warmUpSeconds: number;
  /** Compare with the floors and fail below them. */
  readonly check: boolean;
  /** Instead of measuring: find where our server spends its time in this work. */
  readonly profile: WorkName | null;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `Usage: pnpm bench [--quick] [--only <works>] [--check] [--profile <work>]
  --quick           3 rounds of 1 s instead of 5 of 3 s
  --only <works>    some works, separated by commas: ${workNames.join(', ')}
  --check           exit 1 below a floor of apps/bench/floors.json
  --profile <work>  our server alone, under --cpu-prof: the functions and packages that take its time`;

/** Reads the command line. Throws a UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const { quick, only, check, profile } = parseFlags(args);
  return {
    works: only === undefined ? workNames : only.split(',').map(toWork),
    rounds: quick ? 3 : 5,
    roundSeconds: quick ? 1 : 3,
    warmUpSeconds: quick ? 1 : 3,
    check,
    profile: profile === undefined ? null : toWork(profile),
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      // pnpm hands a `--` of its caller through.
      args: args.filter((arg) => arg !== '--'),
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string' },
        check: { type: 'boolean', default: false },
        profile: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function toWork(name: string): WorkName {
  const trimmed = name.trim();
  if (!isWorkName(trimmed)) throw new UsageError(`There is no work called "${trimmed}"`);
  return trimmed;
}
