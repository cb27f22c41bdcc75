import { DomainError } from '@alice/api';
import { type ParseError, parse } from 'jsonc-parser';
import { requireShallow } from './require-shallow.ts';

/** The parser that finds error positions is recursive: it may go as deep as the text has brackets. */
const mostBrackets = 1000;

/** Parses a JSON body. Throws VALIDATION_FAILED with the position of the error, and without quoting the text. */
export function parseJson(text: string): unknown {
  requireShallow(text);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DomainError('VALIDATION_FAILED', `The request body is not valid JSON${placeOfFault(text)}`, { cause });
  }
}

/** V8 reports the position only of some errors, and quotes the text. */
function placeOfFault(text: string): string {
  if (text.split(/[[{]/, mostBrackets + 1).length > mostBrackets) return '';
  const errors: ParseError[] = [];
  parse(text, errors, { disallowComments: true, allowTrailingComma: false });
  const before = text.slice(0, errors[0]?.offset ?? 0);
  if (before.trimEnd().length === text.trimEnd().length) return ': unexpected end of input';
  const lines = before.split('\n');
  return `: error at line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
}
