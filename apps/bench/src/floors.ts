import floors from '../floors.json' with { type: 'json' };
import type { Ratio } from './statistics.ts';

/** Compares the medians with the floors, says each, and tells whether none is below. */
export function meetsFloors(ratios: ReadonlyMap<string, Ratio>, say: (line: string) => void): boolean {
  let isMet = true;
  for (const [name, floor] of Object.entries(floors)) {
    const measured = ratios.get(name)?.median;
    if (measured === undefined) {
      say(`floor ${name} ${floor}: not measured`);
      continue;
    }
    const isAbove = measured >= floor;
    if (!isAbove) isMet = false;
    say(`floor ${name} ${floor}: ${measured.toFixed(3)} ${isAbove ? 'holds' : 'IS BROKEN'}`);
  }
  return isMet;
}
