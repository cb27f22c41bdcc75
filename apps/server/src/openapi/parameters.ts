import type { Route } from '../rest/routes.ts';
import { exampleOf } from './example.ts';
import type { SchemaBook } from './schema-book.ts';
import type { JsonSchema, Parameter, Reference } from './types.ts';

const text: JsonSchema = { type: 'string' };

/** Request headers, by the name of the component. */
export const sharedParameters: Readonly<Record<string, Parameter>> = {
  IdempotencyKey: {
    name: 'Idempotency-Key',
    in: 'header',
    description:
      'A unique key that you choose for this request. A retry with the same key within 24 hours returns the stored response.',
    schema: { type: 'string', minLength: 1, maxLength: 255 },
  },
  IfMatch: {
    name: 'If-Match',
    in: 'header',
    description:
      'The `ETag` of the resource, such as `"3"`. If the resource has another version, the request fails with 412.',
    schema: text,
  },
  IfNoneMatch: {
    name: 'If-None-Match',
    in: 'header',
    description: 'The `ETag` of your cached response. If it is still current, the response is 304 without a body.',
    schema: text,
  },
  LastEventId: {
    name: 'Last-Event-ID',
    in: 'header',
    description: 'The id of the last event that you received: the stream resumes after it.',
    schema: text,
  },
};

/** All parameters of a route: path, query and headers. */
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
  // The reference fills in the first example: an empty filter, so that a first try returns everything.
  const examples = {
    none: { summary: 'No filter', value: {} },
    some: { summary: 'An example', value: exampleOf(schema, book) },
  };
  return { style: 'deepObject', explode: true, examples };
}
