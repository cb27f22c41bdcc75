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

/**
 * Positions for `count` rows between two others, as short as possible, in ascending order. Null if there is no room
 * between these; there always is if one of them is null.
 */
export function spreadPositions(count: number): Position[];
export function spreadPositions(count: number, before: Position | null, after: Position | null): Position[] | null;
export function spreadPositions(
  count: number,
  before: Position | null = null,
  after: Position | null = null,
): Position[] | null {
  if (before !== null && after !== null && before >= after) return null;
  const positions = generateNKeysBetween(before, after, count);
  return positions.some((position) => position.length > longest) ? null : positions;
}

/** The integer part of a position with this head has 12 digits: enough for the changes of any user. */
const numbered = { head: 'l', digits: 12 } as const;

/**
 * The position of a row that the change with this number places at the end. It sorts after all positions that were given
 * before, in every list: a later change has a higher number. So the end needs no look at the last row.
 */
export function positionOfNumber(number: number): Position {
  return `${numbered.head}${String(number).padStart(numbered.digits, '0')}`;
}

/** The same in SQL, for a SQL expression of the number. */
export function sqlPositionOfNumber(number: string): string {
  return `'${numbered.head}' || lpad((${number})::text, ${numbered.digits}, '0')`;
}
