/** The middle value; the mean of the two middle ones of an even number. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const low = sorted[Math.ceil(middle) - 1] ?? Number.NaN;
  const high = sorted[Math.floor(middle)] ?? Number.NaN;
  return (low + high) / 2;
}

/** The smallest value that at least `share` (0 to 1) of all values do not exceed: nearest rank. NaN of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/**
 * What `ours` is of `limit`, round by round: the two of one round ran one after the other, so what slowed the machine
 * for a while slowed both. Throws unless there are as many of one as of the other.
 */
export function pairedRatio(ours: readonly number[], limit: readonly number[]): Ratio {
  if (ours.length !== limit.length) throw new RangeError(`${ours.length} rounds cannot be paired with ${limit.length}`);
  const ratios = ours.map((value, round) => value / (limit[round] ?? Number.NaN));
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}
