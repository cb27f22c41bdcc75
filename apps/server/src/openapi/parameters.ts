import type { Route } from '../rest/routes.ts';
import { exampleOf } from './example.ts';
import type { SchemaBook } from './schema-book.ts';
import type { JsonSchema, Parameter, Reference } from './types.ts';

const text: JsonSchema = { type: 'string' };

/** The headers that requests may carry, by the name of the component. */
export const sharedParameters: Readonly<Record<string, Parameter>> = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'A key of your own for this change: sent again with the same key within 24 hours, it is done once.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description: 'The `ETag` of a read or a write, such as `"3"`: another version is not written on (412).',
    schema: text,
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of the copy that you hold: if it is still right, the answer is 304 without a body.',
    schema: text,
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'The id of the last event that you have seen: the stream goes on after it.',
    schema: text,
  },
};

/** All parameters of a route: of its address, of its query, and the headers that it heeds. */
export function parametersOf(route: Route, input: JsonSchema, book: SchemaBook): readonly (Parameter | Reference)[] {
  const { placement, procedure } = route;
  const { properties = {}, required = [] } = input;
  const fields = (names: readonly string[]) => names.map((name) => [name, properties[name] ?? {}] as const);

  const inPath = fields(placement.path).map(([name, schema]): Parameter => {
    const { description = name, ...rest } = schema;
    return { name, in: 'path', description, required: true, schema: rest, example: exampleOf(schema, book) };
  });
  const inQuery = fields(placement.query).map(([name, schema]): Parameter => {
    const { description = name, ...rest } = schema;
    const parameter = { name, in: 'query', description, ...styleOf(rest, book), schema: rest } as const;
    return required.includes(name) ? { ...parameter, required: true } : parameter;
  });
  const inHeaders = [
    ...(placement.takesIfMatch ? ['IfMatch'] : []),
    ...(procedure.type === 'query' && route.rest.attachment === undefined ? ['IfNoneMatch'] : []),
    ...(procedure.type === 'mutation' ? ['IdempotencyKey'] : []),
    ...(placement.takesLastEventId ? ['LastEventId'] : []),
  ].map((name): Reference => ({ $ref: `#/components/parameters/${name}` }));
  return [...inPath, ...inQuery, ...inHeaders];
}

function styleOf(schema: JsonSchema, book: SchemaBook): Pick<Parameter, 'style' | 'explode' | 'examples'> {
  if (schema.type === 'array') return { style: 'form', explode: true };
  if (schema.type !== 'object') return {};
  // The first one is what the reference fills in: nothing, so that a first try finds everything.
  const examples = {
    none: { summary: 'Whatever it is', value: {} },
    some: { summary: 'An example', value: exampleOf(schema, book) },
  };
  return { style: 'deepObject', explode: true, examples };
}
