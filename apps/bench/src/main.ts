import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type BenchResult, type DatabaseName, type Round, runBench } from './bench.ts';
import { meetsFloors } from './floors.ts';
import { profileLive, runLive } from './live/run-live.ts';
import { type Options, parseOptions, UsageError, usage } from './options.ts';
import { measurePrisma } from './prisma-cost.ts';
import { runProfile } from './profile.ts';
import { printTable, ratios } from './report.ts';
import { measureStarts } from './starts.ts';

const resultsDir = fileURLToPath(new URL('../../../bench-results/', import.meta.url));
const say = (line: string) => console.log(line);

class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

async function run(options: Options, cleanUp: AsyncDisposableStack): Promise<number> {
  if (options.profile === 'live') {
    await profileLive(cleanUp, say);
    return 0;
  }
  if (options.profile !== null) {
    await runProfile(options.profile, cleanUp, say);
    return 0;
  }
  if (options.live !== null) return runLive(options.live, options.check, cleanUp, say);
  if (options.isStart) {
    await measureStarts(cleanUp, say);
    return 0;
  }
  if (options.isPrisma) {
    await measurePrisma(cleanUp, say);
    return 0;
  }
  const result = await runBench(options, cleanUp, say);
  for (const database of databasesIn(result.rounds)) {
    const rounds = result.rounds.filter((round) => round.database === database);
    say(`\nOn the ${database === 'embedded' ? 'embedded database' : 'PostgreSQL server'}:`);
    printTable({ ...result, rounds }, say);
  }
  say(`Written to ${await writeResult(result)}`);
  return !options.check || meetsFloors(ratios(onServer(result.rounds)), say) ? 0 : 1;
}

async function writeResult(result: BenchResult): Promise<string> {
  const name = `${new Date().toISOString().replaceAll(':', '-')}.json`;
  await mkdir(resultsDir, { recursive: true });
  const summary = Object.fromEntries(ratios(onServer(result.rounds)));
  await writeFile(
    `${resultsDir}${name}`,
    `${JSON.stringify({ machine: result.machine, ratios: summary, rounds: result.rounds }, null, 2)}\n`,
  );
  return `bench-results/${name}`;
}

/** The floors are about a server. */
function onServer(rounds: readonly Round[]): Round[] {
  return rounds.filter(({ database }) => database === 'server');
}

function databasesIn(rounds: readonly Round[]): Set<DatabaseName> {
  return new Set(rounds.map(({ database }) => database));
}

async function interruption(): Promise<never> {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  await Promise.race(signals.map((signal) => once(process, signal)));
  throw new Interrupted('interrupted: stopping the servers and dropping the database');
}

/** What went wrong and why: `fetch` says the why in its cause only. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : explain(error.cause);
  return error.message.includes(cause) ? error.message : `${error.message}: ${cause}`;
}

async function main(): Promise<number> {
  const cleanUp = new AsyncDisposableStack();
  try {
    return await Promise.race([run(parseOptions(process.argv.slice(2)), cleanUp), interruption()]);
  } catch (error) {
    console.error(explain(error));
    if (error instanceof UsageError) console.error(usage);
    return error instanceof Interrupted ? 130 : 1;
  } finally {
    await cleanUp.disposeAsync();
  }
}

process.exit(await main());
