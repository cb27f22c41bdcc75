import { generateKeyBetween, generateNKeysBetween } from 'fractional-indexing';

/**
 * A position is text that sorts, byte by byte, between those of its neighbours (fractional indexing), so that moving a row
 * writes no other row. Null stands for the beginning or the end.
 */
export type Position = string;

/** Positions get longer when rows are moved to the same place again and again. */
const longest = 40;

/**
 * A position between two others. Null if there is none, or only a long one: then the rows must get new positions, see
 * `spreadPositions`.
 */
export function positionBetween(before: Position | null, after: Position | null): Position | null {
  if (before !== null && after !== null && before >= after) return null;
  const position = generateKeyBetween(before, after);
  return position.length > longest ? null : position;
}

/** Positions for `count` rows, as short as possible, in ascending order. */
export function spreadPositions(count: number): Position[] {
  return generateNKeysBetween(null, null, count);
}
