import { DomainError } from '@alice/api';
import { type ParseError, parse } from 'jsonc-parser';
import { requireShallow } from './require-shallow.ts';

/** The parser that finds places recurses: it may go as deep as there are brackets in the text. */
const mostBrackets = 1000;

/** A body as what it says. Throws VALIDATION_FAILED with the place of the fault, and nothing of the text. */
export function parseJson(text: string): unknown {
  requireShallow(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DomainError('VALIDATION_FAILED', `The body is not valid JSON${placeOfFault(text)}`, { cause });
  }
}

/** V8 says the place of some faults only, and quotes the text. */
function placeOfFault(text: string): string {
  if (text.split(/[[{]/, mostBrackets + 1).length > mostBrackets) return '';
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  const before = text.slice(0, errors[0]?.offset ?? 0);
  if (before.trimEnd().length === text.trimEnd().length) return ': it ends too early';
  const lines = before.split('\n');
  return `: line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}
