import { describe, expect, it } from 'vitest';
import { median, pairedRatio, percentile } from './statistics.ts';

describe('median', () => {
  it.each([
    [[3], 3],
    [[9, 1, 5], 5],
    [[4, 1, 3, 2], 2.5],
    [[10, 9, 100], 10],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('returns NaN for an empty list', () => {
    expect(median([])).toBeNaN();
  });

  it('does not sort its input in place', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('percentile', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [0.5, 50],
    [0.99, 99],
    [1, 100],
    [0, 1],
  ])('%d of 1 to 100 is %d', (share, expected) => {
    expect(percentile(hundred, share)).toBe(expected);
  });

  it('returns NaN for an empty list', () => {
    expect(percentile([], 0.5)).toBeNaN();
  });
});

describe('pairedRatio', () => {
  it('pairs the values of each round, so that a slow phase of the machine cancels out', () => {
    // The second round was three times slower for both.
    expect(pairedRatio([80, 30, 90], [100, 40, 100])).toEqual({ median: 0.8, min: 0.75, max: 0.9 });
  });

  it('differs from the ratio of the medians', () => {
    const ours = [10, 20, 60];
    const limit = [20, 80, 60];
    expect(pairedRatio(ours, limit).median).toBe(0.5);
    expect(median(ours) / median(limit)).toBeCloseTo(1 / 3);
  });

  it('throws when a round has no counterpart', () => {
    expect(() => pairedRatio([1, 2], [1])).toThrow(RangeError);
  });
});
