import { DomainError } from '@alice/api';

/** No input of ours needs a third of it. */
const mostLevels = 32;

const [quote, backslash] = [0x22, 0x5c];
const [openList, closeList, openObject, closeObject] = [0x5b, 0x5d, 0x7b, 0x7d];

/**
 * Throws VALIDATION_FAILED for JSON whose lists and objects stand in one another more than 32 levels deep: schemas, hashes
 * and whatever else walks through an input recurse, and the stack ends before a body does. It reads the text once, and
 * recurses nowhere itself. What it says of text that is no JSON does not matter.
 */
export function requireShallow(text: string): void {
  // Most inputs have a few brackets in all.
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
