import { itemOf, type ProcedureFacts, procedureMap, type RestRoute } from '@alice/api';
import { z } from 'zod';

/** The parts of JSON Schema that routes use. */
export interface FieldSchema {
  readonly type?: string;
  readonly anyOf?: readonly FieldSchema[];
  readonly properties?: Readonly<Record<string, FieldSchema>>;
  readonly required?: readonly string[];
  readonly items?: FieldSchema;
}

/** Where a REST request carries the fields of the input. */
export interface Placement {
  /** In the path: `{id}`. */
  readonly path: readonly string[];
  /** In the query string: the other fields of a request without a body. */
  readonly query: readonly string[];
  /** In the body: the other fields of a request with a body. */
  readonly body: readonly string[];
  /** `expectedVersion` is sent as the header `If-Match`. */
  readonly takesIfMatch: boolean;
  /** `lastEventId` is sent as the header `Last-Event-ID`. */
  readonly takesLastEventId: boolean;
}

/** The kind of response: one object, a page whose items are the data, or a stream of events. */
export type ReplyKind = 'one' | 'page' | 'stream';

/** A REST route and its procedure. */
export interface Route {
  readonly procedure: ProcedureFacts;
  readonly rest: RestRoute;
  /** The router: the first part of the procedure's path. */
  readonly tag: string;
  readonly placement: Placement;
  /** The input's fields; empty where there is no input. */
  readonly fields: Readonly<Record<string, FieldSchema>>;
  readonly reply: ReplyKind;
  /** The path of a created resource, with `{id}` for its id; null if the route creates none. */
  readonly location: string | null;
}

const headerFields = new Set(['expectedVersion', 'lastEventId']);

/** Whether the other fields are in the body; otherwise they are in the query string. */
export function takesBody({ rest }: Pick<Route, 'rest'>): boolean {
  return rest.method === 'POST' || rest.method === 'PUT' || rest.method === 'PATCH';
}

function toRoute(procedure: ProcedureFacts, rest: RestRoute, paths: ReadonlySet<string>): Route {
  const input = procedure.inputs[0];
  const fields = input === undefined ? {} : fieldsOf(input);
  const inPath = [...rest.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  for (const name of inPath) {
    if (!(name in fields)) throw new Error(`${procedure.path}: the path has {${name}}, the input does not`);
  }
  const others = Object.keys(fields).filter((name) => !inPath.includes(name) && !headerFields.has(name));
  const one = `${rest.path}/{id}`;
  return {
    procedure,
    rest,
    tag: procedure.path.split('.')[0] ?? '',
    fields,
    placement: {
      path: inPath,
      query: takesBody({ rest }) ? [] : others,
      body: takesBody({ rest }) ? others : [],
      takesIfMatch: 'expectedVersion' in fields,
      takesLastEventId: 'lastEventId' in fields,
    },
    reply: itemOf(procedure.output) !== undefined ? 'stream' : isPage(procedure.output) ? 'page' : 'one',
    location: rest.status === 201 && paths.has(one) ? one : null,
  };
}

function fieldsOf(input: z.ZodType): Readonly<Record<string, FieldSchema>> {
  const schema = z.toJSONSchema(input, {
    io: 'input',
    unrepresentable: 'any',
    reused: 'inline',
    metadata: z.registry(),
  }) as FieldSchema;
  // No prototype: names that clients send are looked up in it.
  return Object.assign(Object.create(null), schema.properties);
}

function isPage(output: z.ZodType): boolean {
  return output instanceof z.ZodObject && 'items' in output.shape && 'nextCursor' in output.shape;
}

/** Every procedure with a REST route, in the order of the router. */
export function restRoutes(): readonly Route[] {
  const all = [...procedureMap.values()].flatMap((procedure) => {
    const { rest } = procedure.meta;
    return 'none' in rest ? [] : [{ procedure, rest }];
  });
  const readable = new Set(all.filter(({ rest }) => rest.method === 'GET').map(({ rest }) => rest.path));
  return all.map(({ procedure, rest }) => toRoute(procedure, rest, readable));
}
