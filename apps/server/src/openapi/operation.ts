import type { Route } from '../rest/routes.ts';
import { takesBody } from '../rest/routes.ts';
import { exampleOf } from './example.ts';
import { parametersOf } from './parameters.ts';
import { responsesOf } from './replies.ts';
import type { SchemaBook } from './schema-book.ts';
import { tagOf } from './tags.ts';
import type { JsonSchema, Operation, RequestBody } from './types.ts';

/** The OpenAPI operation of a procedure. */
export function operationOf(route: Route, book: SchemaBook): Operation {
  const { procedure, tag } = route;
  const [inputType] = procedure.inputs;
  const input = inputType === undefined ? {} : book.of(inputType);
  const parameters = parametersOf(route, input, book);
  const requestBody = bodyOf(route, input, book);
  return {
    operationId: procedure.path,
    tags: [tagOf(tag)],
    summary: procedure.meta.summary,
    description: describe(route),
    ...(procedure.meta.scope === undefined ? {} : { 'x-required-scope': procedure.meta.scope }),
    ...(procedure.meta.access === 'public' ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(requestBody === null ? {} : { requestBody }),
    responses: responsesOf(route, input, book),
  };
}

function describe({ rest, procedure: { meta } }: Route): string {
  const access = {
    public: 'No authentication required.',
    authed: 'Requires authentication.',
    fresh: 'Requires recent authentication: a sign-in or a re-authentication less than five minutes ago.',
    admin: 'Requires the administrator role.',
  }[meta.access];
  const keys = meta.scope === undefined ? 'API keys cannot call it.' : `API keys need the scope \`${meta.scope}\`.`;
  const forKeys = meta.access === 'public' ? '' : ` ${keys}`;
  const partly = rest.method === 'PATCH' ? ' Fields that you leave out keep their values.' : '';
  return [`${meta.description ?? ''}${partly}`.trim(), `${access}${forKeys}`]
    .filter((part) => part !== '')
    .join('\n\n');
}

/**
 * The body contains the input's fields, except those in the path or in headers. The schema is inlined: TypeScript
 * generators treat fields with defaults as optional only in an inline body schema.
 */
function bodyOf(route: Route, input: JsonSchema, book: SchemaBook): RequestBody | null {
  const { placement } = route;
  if (!takesBody(route) || placement.body.length === 0) return null;
  const isHere = (name: string) => placement.body.includes(name);
  const { examples = [], required = [], properties = {}, ...whole } = input;
  const fields = Object.entries(properties).filter(([name]) => isHere(name));
  const needed = required.filter(isHere);
  const schema = {
    ...whole,
    properties: Object.fromEntries(fields),
    ...(needed.length === 0 ? {} : { required: needed }),
  };
  const [example = exampleOf(schema, book)] = examples;
  const content = { 'application/json': { schema, example } };
  return { required: needed.length > 0, content };
}
