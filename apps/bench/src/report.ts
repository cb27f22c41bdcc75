import type { BenchResult, Round } from './bench.ts';
import { median, pairedRatio, type Ratio } from './statistics.ts';
import { type WorkName, workNames } from './works.ts';

/** One work's figures, each the median of its rounds. */
export interface Summary {
  readonly work: WorkName;
  readonly ours: Figures;
  readonly limit: Figures;
  /** Requests per second, ours of the limit's. */
  readonly ratio: Ratio;
  /** Processor per request, the limit's of ours. Null outside Linux. */
  readonly cpuRatio: Ratio | null;
}

interface Figures {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly serverCpu: number | null;
  readonly loadCpu: number;
}

export function summarize(rounds: readonly Round[]): Summary[] {
  return workNames.flatMap((work) => {
    const ours = roundsOf(rounds, work, 'ours');
    const limit = roundsOf(rounds, work, 'limit');
    if (ours.length === 0) return [];
    const oursCpu = known(ours.map(({ serverCpu }) => serverCpu));
    const limitCpu = known(limit.map(({ serverCpu }) => serverCpu));
    return {
      work,
      ours: figures(ours),
      limit: figures(limit),
      ratio: pairedRatio(perSecond(ours), perSecond(limit)),
      cpuRatio: oursCpu === null || limitCpu === null ? null : pairedRatio(limitCpu, oursCpu),
    };
  });
}

/** What the floors are about: each work's ratio under its name, and our long list against our short one. */
export function ratios(rounds: readonly Round[]): ReadonlyMap<string, Ratio> {
  const found = new Map<string, Ratio>(summarize(rounds).map(({ work, ratio }) => [work, ratio]));
  const long = perSecond(roundsOf(rounds, 'list100k', 'ours'));
  const short = perSecond(roundsOf(rounds, 'list', 'ours'));
  if (long.length > 0 && short.length > 0) found.set('list100k/list', pairedRatio(long, short));
  return found;
}

/** The table that people read. */
export function printTable({ titles, rounds }: BenchResult, say: (line: string) => void): void {
  const head = ['', 'requests/s', 'of the limit', 'p50 ms', 'p99 ms', 'CPU µs', 'CPU: limit/ours', 'load µs'];
  const rows = summarize(rounds).map(({ work, ours, limit, ratio, cpuRatio }) => [
    titles[work],
    `${whole(ours.perSecond)} : ${whole(limit.perSecond)}`,
    spread(ratio),
    `${ours.p50.toFixed(1)} : ${limit.p50.toFixed(1)}`,
    `${ours.p99.toFixed(1)} : ${limit.p99.toFixed(1)}`,
    ours.serverCpu === null || limit.serverCpu === null
      ? 'Linux only'
      : `${whole(ours.serverCpu)} : ${whole(limit.serverCpu)}`,
    cpuRatio === null ? 'Linux only' : spread(cpuRatio),
    `${whole(ours.loadCpu)} : ${whole(limit.loadCpu)}`,
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('   ');
  say('');
  say(line(head));
  say(widths.map((width) => '─'.repeat(width)).join('───'));
  for (const row of rows) say(line(row));
  say('');
  say('Ours : the limit. Medians of the rounds; ratios are paired by round, with the smallest and the largest.');
  const lists = ratios(rounds).get('list100k/list');
  if (lists !== undefined) say(`Our tasks.list of 100,000 against that of 500: ${spread(lists)}`);
}

function roundsOf(rounds: readonly Round[], work: WorkName, server: Round['server']): Round[] {
  return rounds.filter((round) => round.work === work && round.server === server).toSorted((a, b) => a.round - b.round);
}

const perSecond = (rounds: readonly Round[]) => rounds.map((round) => round.perSecond);

function figures(rounds: readonly Round[]): Figures {
  const cpu = known(rounds.map(({ serverCpu }) => serverCpu));
  return {
    perSecond: median(perSecond(rounds)),
    p50: median(rounds.map(({ p50 }) => p50)),
    p99: median(rounds.map(({ p99 }) => p99)),
    serverCpu: cpu === null ? null : median(cpu),
    loadCpu: median(rounds.map(({ loadCpu }) => loadCpu)),
  };
}

/** All of them, or null if one is not known. */
function known(values: readonly (number | null)[]): number[] | null {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === values.length ? numbers : null;
}

const whole = (value: number) => Math.round(value).toLocaleString('en');
const spread = ({ median: middle, min, max }: Ratio) => `${middle.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
