import type { z } from 'zod';
import type { FieldError } from './domain-error.ts';

const mostShown = 20;

/** The validation errors of an input, one per field, with uniform messages. */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap(toFieldErrors).slice(0, mostShown);
}

/** An unknown field is reported by its own path, not by the path of its object. */
function toFieldErrors(issue: z.core.$ZodIssue): FieldError[] {
  const path = issue.path.map(String);
  if (issue.code !== 'unrecognized_keys') return [{ path: path.join('.'), message: wordsFor(issue) }];
  return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'is not a known field' }));
}

const kinds: Readonly<Record<string, string>> = {
  int: 'an integer',
  number: 'a number',
  string: 'a string',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
};

const formats: Readonly<Record<string, string>> = {
  uuid: 'a UUID',
  email: 'an email address',
};

/** Replaces zod's default messages. Messages that a schema defines are kept. */
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
  if (origin === 'array') return `must have ${side} ${limit} items`;
  if (origin === 'string') return `must be ${side} ${limit} characters long`;
  return `must be ${side} ${limit}`;
}
