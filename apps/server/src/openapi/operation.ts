import type { Route } from '../rest/routes.ts';
import { takesBody } from '../rest/routes.ts';
import { exampleOf } from './example.ts';
import { parametersOf } from './parameters.ts';
import { responsesOf } from './replies.ts';
import type { SchemaBook } from './schema-book.ts';
import type { JsonSchema, Operation, RequestBody } from './types.ts';

/** One procedure as REST serves it. */
export function operationOf(route: Route, book: SchemaBook): Operation {
  const { procedure, tag } = route;
  const [inputType] = procedure.inputs;
  const input = inputType === undefined ? {} : book.of(inputType);
  const parameters = parametersOf(route, input, book);
  const requestBody = bodyOf(route, input, book);
  return {
    operationId: procedure.path,
    tags: [tag],
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
    public: 'Anyone may call this.',
    authed: 'Needs a signed-in person.',
    fresh: 'Needs a person who signed in, or confirmed who they are, less than five minutes ago. No API key will do.',
    admin: 'Needs an administrator.',
  }[meta.access];
  const scope = meta.scope === undefined ? '' : ` Scope: \`${meta.scope}\`.`;
  const partly = rest.method === 'PATCH' ? ' Fields that are left out stay as they are.' : '';
  return `${meta.description ?? `${meta.summary}.`}${partly}\n\n${access}${scope}`;
}

/**
 * The body has the input's fields but for those that stand in the address or in headers. It is written out here and not
 * referred to: only of a body do generators of TypeScript take fields with defaults to be optional.
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
