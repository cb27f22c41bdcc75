import { setTimeout as sleep } from 'node:timers/promises';

/** What became of requests that were sent at a steady rate, whether or not the ones before had been answered. */
export interface LoopResult {
  /** How many were answered with each status. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Milliseconds from when each was due to the end of its answer, the shortest first. */
  readonly latencies: readonly number[];
}

/** Sends so many requests a second for so many seconds. Throws when one gets no answer. */
export async function openLoop(
  options: { readonly perSecond: number; readonly seconds: number },
  send: (index: number) => Promise<Response>,
): Promise<LoopResult> {
  const statuses: Record<number, number> = {};
  const latencies: number[] = [];
  const startedAt = performance.now();
  const sent: Promise<void>[] = [];
  for (let index = 0; index < options.perSecond * options.seconds; index += 1) {
    const dueAt = startedAt + (index * 1000) / options.perSecond;
    const wait = dueAt - performance.now();
    if (wait > 0) await sleep(wait);
    sent.push(
      send(index).then(async (response) => {
        await response.arrayBuffer();
        latencies.push(performance.now() - dueAt);
        statuses[response.status] = (statuses[response.status] ?? 0) + 1;
      }),
    );
  }
  await Promise.all(sent);
  return { statuses, latencies: latencies.toSorted((a, b) => a - b) };
}

/** The value that this share of sorted values does not exceed. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(Math.ceil(sorted.length * share), sorted.length) - 1] ?? Number.NaN;
}
