import { percentile } from '../statistics.ts';
import { changesPerSecond, type LiveResult, type Memory, subscriberCount } from './measure-live.ts';

const targetMs = 100;

/** What people read of a measurement. */
export function printLive(results: readonly LiveResult[], say: (line: string) => void): void {
  for (const { title, seconds, timings, cpu, idleCpu, memory } of results) {
    const { fromAsking, fromReply, lost, doubled, cpuSeconds } = timings;
    const { before, connected, loaded, left } = memory;
    say('');
    say(`${title}: ${subscriberCount} subscribers, ${changesPerSecond} changes/s for ${seconds} s`);
    say(`  ${fromAsking.length} changes arrived, ${lost} lost, ${doubled} doubled`);
    say(`  from asking for a change to its arrival, ms:   ${latencies(fromAsking)}`);
    say(`  from the writer's reply to its arrival, ms:    ${latencies(fromReply)}`);
    say(
      `  processor, of one core: ${shares(cpu)} under load, ${shares(idleCpu)} idle; the clients ${share(cpuSeconds / seconds)}`,
    );
    say(`  resident: ${steps(memory, ({ resident }) => resident)}`);
    say(`  heap:     ${steps(memory, ({ heap }) => heap)}`);
    say(`  streams:  ${before.streams}, ${connected.streams}, ${loaded.streams}, ${left.streams}`);
    const perStream = (bytes: (at: Memory) => number | null) => {
      const [from, to] = [bytes(before), bytes(connected)];
      return from === null || to === null ? 'Linux only' : `${((to - from) / subscriberCount / 1024).toFixed(1)} kB`;
    };
    say(
      `  a subscriber costs ${perStream(({ heap }) => heap)} of heap, ${perStream(({ resident }) => resident)} resident`,
    );
  }
  say('');
  say('A change is committed after it was asked for and before the reply: the truth lies between the two rows.');
  say('Memory: before, with all connected, after the load, after all left; heap after a full collection.');
  for (const { title, timings } of results) {
    const p99 = percentile(timings.fromAsking, 0.99);
    say(`target p99 < ${targetMs} ms, ${title}: ${p99.toFixed(1)} ${p99 < targetMs ? 'holds' : 'IS MISSED'}`);
  }
}

export function meetsTargets(results: readonly LiveResult[]): boolean {
  return results.every(
    ({ timings: { fromAsking, lost, doubled } }) =>
      lost === 0 && doubled === 0 && percentile(fromAsking, 0.99) < targetMs,
  );
}

const latencies = (values: readonly number[]) =>
  `p50 ${percentile(values, 0.5).toFixed(1)}, p99 ${percentile(values, 0.99).toFixed(1)}, max ${percentile(values, 1).toFixed(1)}`;
const share = (value: number | null) => (value === null ? 'Linux only' : `${(100 * value).toFixed(0)} %`);
const shares = (values: readonly (number | null)[]) => values.map(share).join(' and ');

function steps(
  { before, connected, loaded, left }: LiveResult['memory'],
  bytes: (at: Memory) => number | null,
): string {
  return [before, connected, loaded, left]
    .map(bytes)
    .map((value) => (value === null ? 'Linux only' : `${(value / 2 ** 20).toFixed(1)} MB`))
    .join(', ');
}
