import type { ProcedureFacts } from '@alice/api';
import { takesBody } from '../../src/rest/routes.ts';
import { routeOf } from './over-rest.ts';
import { type Fields, fieldPaths, inputSchema, type Schema } from './schema.ts';

export interface WrongInput {
  /** `due.date` */
  readonly field: string;
  readonly input: Fields;
}

const wrongInBody: readonly unknown[] = [{}, 12.5, true, 'not-it', '\u0000', []];
const wrongAsText: readonly unknown[] = ['not-it', '', '\u0000', ['not-it']];

/**
 * A good input made wrong, once for each field, by a value that its schema refuses and that REST can say where the field
 * stands: outside a body there is only text. Throws, naming the field, where it finds no such value.
 */
export function wrongInputs(procedure: ProcedureFacts, good: Fields): WrongInput[] {
  const schema = inputSchema(procedure);
  if (schema === null) return [];
  return fieldPaths(schema).map(([name = '', inner]) => {
    const field = inner === undefined ? name : `${name}.${inner}`;
    const own = schema.resolve(schema.fields[name] ?? {});
    for (const value of candidates(procedure, name, own)) {
      const input = { ...good, [name]: inner === undefined ? value : { ...objectIn(good[name]), [inner]: value } };
      const { error } = schema.zod.safeParse(input);
      if (error?.issues.some(({ path }) => path[0] === name && (inner === undefined || path[1] === inner))) {
        return { field, input };
      }
    }
    throw new Error(`${procedure.path}: no wrong value found for ${field}; teach wrong-inputs.ts`);
  });
}

function candidates({ path }: ProcedureFacts, name: string, { type }: Schema): readonly unknown[] {
  const route = routeOf(path);
  const isInBody = route === undefined || (takesBody(route) && route.placement.body.includes(name));
  if (isInBody) return wrongInBody;
  // A list in a query is a list, whatever it holds.
  return type === 'array' ? [['not-it']] : wrongAsText;
}

function objectIn(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
