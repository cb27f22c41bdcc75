import { parseArgs } from 'node:util';
import { isSetupName, type SetupName, setupNames } from './live/setups.ts';
import { isWorkName, type WorkName, workNames } from './works.ts';

export interface Options {
  readonly works: readonly WorkName[];
  readonly rounds: number;
  readonly roundSeconds: number;
  readonly warmUpSeconds: number;
  /** Measure on the embedded database, too. */
  readonly isEmbedded: boolean;
  /** Compare with the floors and fail below them. */
  readonly check: boolean;
  /** Instead of measuring: find where our server spends its time in this work. */
  readonly profile: WorkName | 'live' | null;
  /** Instead of requests: starts and memory. */
  readonly isStart: boolean;
  /** Instead of requests: what Prisma Client costs beside named SQL. */
  readonly isPrisma: boolean;
  /** Instead of requests: the live feed. */
  readonly live: LiveOptions | null;
}

export interface LiveOptions {
  readonly on: readonly SetupName[];
  readonly seconds: number;
  /** Break things meanwhile, and look whether anything was lost. */
  readonly isChaos: boolean;
}

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export const usage = `Usage: pnpm bench [--quick] [--embedded] [--start] [--prisma] [--only <works>] [--check] [--profile <work>]
       pnpm bench --live [--chaos] [--on <setups>] [--seconds <n>] [--check]
  --quick           3 rounds of 1 s instead of 5 of 3 s
  --only <works>    some works, separated by commas: ${workNames.join(', ')}
  --embedded        on the embedded database as well, for comparison
  --start           instead of requests: how long a start takes and what memory it needs, on both databases
  --prisma          instead of requests: Prisma Client beside named SQL, per call, on both databases
  --check           exit 1 below a floor of apps/bench/floors.json
  --profile <work>  our server alone, under --cpu-prof: the functions and packages that take its time;
                    "live" is the live feed on PostgreSQL
  --live            how soon 1,000 subscribers hear of changes, and what they cost
  --chaos           servers are killed and connections cut meanwhile: is anything lost or doubled?
  --on <setups>     some setups, separated by commas: ${setupNames.join(', ')}
  --seconds <n>     for so long in each setup: 30, or 120 with --chaos`;

/** Reads the command line. Throws a UsageError. */
export function parseOptions(args: readonly string[]): Options {
  const { quick, embedded, start, prisma, only, check, profile, live, chaos, on, seconds } = parseFlags(args);
  return {
    works: only === undefined ? workNames : only.split(',').map(toWork),
    rounds: quick ? 3 : 5,
    roundSeconds: quick ? 1 : 3,
    warmUpSeconds: quick ? 1 : 3,
    isEmbedded: embedded,
    isStart: start,
    isPrisma: prisma,
    check,
    profile: profile === undefined ? null : profile === 'live' ? profile : toWork(profile),
    live: live || chaos ? toLive(chaos, on, seconds) : null,
  };
}

function parseFlags(args: readonly string[]) {
  try {
    return parseArgs({
      // pnpm hands a `--` of its caller through.
      args: args.filter((arg) => arg !== '--'),
      options: {
        quick: { type: 'boolean', default: false },
        embedded: { type: 'boolean', default: false },
        start: { type: 'boolean', default: false },
        prisma: { type: 'boolean', default: false },
        only: { type: 'string' },
        check: { type: 'boolean', default: false },
        profile: { type: 'string' },
        live: { type: 'boolean', default: false },
        chaos: { type: 'boolean', default: false },
        on: { type: 'string' },
        seconds: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function toLive(isChaos: boolean, on: string | undefined, seconds: string | undefined): LiveOptions {
  const lasts = seconds === undefined ? (isChaos ? 120 : 30) : Number(seconds);
  if (!Number.isInteger(lasts) || lasts < 1 || lasts > 3000) throw new UsageError('--seconds is 1 to 3000');
  return { on: on === undefined ? setupNames : on.split(',').map(toSetup), seconds: lasts, isChaos };
}

function toSetup(name: string): SetupName {
  const trimmed = name.trim();
  if (!isSetupName(trimmed)) throw new UsageError(`There is no setup called "${trimmed}"`);
  return trimmed;
}

function toWork(name: string): WorkName {
  const trimmed = name.trim();
  if (!isWorkName(trimmed)) throw new UsageError(`There is no work called "${trimmed}"`);
  return trimmed;
}
