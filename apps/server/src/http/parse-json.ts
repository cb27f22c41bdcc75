import { DomainError } from '@alice/api';

/** A body as what it says. Throws VALIDATION_FAILED with the place of the fault, and nothing of the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DomainError('VALIDATION_FAILED', `The body is not valid JSON${placeOf(cause)}`, { cause });
  }
}

/** V8 says where it stopped, and quotes the text, which is not repeated. */
function placeOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : '';
  const place = /\(line (\d+) column (\d+)\)/.exec(message);
  if (place !== null) return `: line ${place[1]}, column ${place[2]}`;
  return message.startsWith('Unexpected end') ? ': it ends too early' : '';
}
