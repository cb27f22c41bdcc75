import { DomainError } from '@alice/api';

/** Our inputs need less than a third of it. */
const mostLevels = 32;

const [quote, backslash] = [0x22, 0x5c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Throws VALIDATION_FAILED for JSON that is nested more than 32 levels deep: schemas, hashes and other code that walks
 * through an input are recursive, and could overflow the stack. It reads the text once, without recursion. Its result
 * for invalid JSON does not matter.
 */
export function requireShallow(text: string): void {
  // Most inputs have few brackets.
  if (!hasMore(text, '{', mostLevels / 2) && !hasMore(text, '[', mostLevels / 2)) return;
  let level = 0;
  let isInString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (isInString) {
      if (code === backslash) index += 1;
      else if (code === quote) isInString = false;
    } else if (code === quote) {
      isInString = true;
    } else if (code === openList || code === openObject) {
      level += 1;
      if (level > mostLevels) throw tooDeep();
    } else if (code === closeList || code === closeObject) {
      level -= 1;
    }
  }
}

function hasMore(text: string, bracket: string, most: number): boolean {
  let count = 0;
  for (let index = text.indexOf(bracket); index !== -1; index = text.indexOf(bracket, index + 1)) {
    count += 1;
    if (count > most) return true;
  }
  return false;
}

function tooDeep(): DomainError {
  return new DomainError('VALIDATION_FAILED', `The input is nested more than ${mostLevels} levels deep`);
}
