import type { z } from 'zod';
import type { FieldError } from './domain-error.ts';

const mostShown = 20;

/** What is wrong with an input, field by field, in words that are the same for all of them. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap(toFieldErrors).slice(0, mostShown);
}

/** A field that is not known is named by its own path, not by that of the object it stands in. */
function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: wordsFor(issue) }];
  return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not a field of this input' }));
}

const kinds: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
};

const formats: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  email: 'an e-mail address',
};

/** In place of zod's words, which speak of inputs and options; what a schema says itself stays. */
function wordsFor(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'is required'
        : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.length === 1 ? '' : 'one of '}${issue.values.map(String).join(', ')}`;
    case 'too_big':
      return bound('at most', Number(issue.maximum), issue.origin);
    case 'too_small':
      return bound('at least', Number(issue.minimum), issue.origin);
    case 'invalid_format':
      return issue.message.startsWith('Invalid ') ? `must be ${formats[issue.format] ?? issue.format}` : issue.message;
    default:
      return issue.message;
  }
}

function bound(side: string, limit: number, origin: string): string {
  if (origin === 'array') return `must hold ${side} ${limit}`;
  if (origin === 'string') return `must be ${side} ${limit} characters long`;
  return `must be ${side} ${limit}`;
}
