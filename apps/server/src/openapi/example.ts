import type { SchemaBook } from './schema-book.ts';
import type { JsonSchema } from './types.ts';

const byFormat: Readonly<Record<string, string>> = {
  date: '2026-12-01',
  'date-time': '2026-11-22T09:30:00.000Z',
  uuid: '019aab7e-58f0-7c3a-9d51-2b1f6c0e4a77',
};

/**
 * An example for a schema: its own, or one composed of the examples of its parts. Throws if a string or number has no
 * example and its format implies none, so that no new field lacks one.
 */
export function exampleOf(schema: JsonSchema, book: SchemaBook, path = ''): unknown {
  if (schema.examples !== undefined) return schema.examples[0];
  const resolved = book.resolve(schema);
  const { anyOf, oneOf, items, properties, type, format } = resolved;
  if (resolved.examples !== undefined) return resolved.examples[0];
  if ('const' in resolved) return resolved.const;
  if (resolved.enum !== undefined) return resolved.enum[0];
  if (format !== undefined && byFormat[format] !== undefined) return byFormat[format];
  const [alternative] = oneOf ?? anyOf ?? [];
  if (alternative !== undefined) return exampleOf(alternative, book, path);
  if (items !== undefined) return [exampleOf(items, book, `${path}[]`)];
  if (properties !== undefined) {
    const fields = Object.entries(properties);
    return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(field, book, `${path}.${name}`)]));
  }
  if ('default' in resolved) return resolved.default;
  if (type === 'boolean') return false;
  throw new Error(`${path.slice(1) || 'a schema'} has no example: give it one with .meta({ examples: [ … ] })`);
}
