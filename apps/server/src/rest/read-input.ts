import { DomainError, type FieldError } from '@alice/api';
import { type FieldSchema, type Route, takesBody } from './routes.ts';

/** What a request says outside its body. */
export interface Address {
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly ifMatch: string | undefined;
  readonly lastEventId: string | undefined;
}

/**
 * The input of a procedure, put together from the address, the query, the headers and the body. It only finds each
 * field its place and type; whether the values are right is the procedure's own schema to say.
 * Throws VALIDATION_FAILED where a field stands in the wrong place.
 */
export function readInput(route: Route, address: Address, body: unknown): unknown {
  const { placement, fields, procedure } = route;
  if (procedure.inputs.length === 0) return undefined;
  const input = new Map<string, unknown>();
  const misplaced: FieldError[] = [];

  const own = takesBody(route) ? bodyFields(body) : queryFields(address.query, fields);
  for (const [name, value] of own) {
    if (placement.path.includes(name)) misplaced.push({ path: name, message: 'stands in the address' });
    else if (name === 'expectedVersion') misplaced.push({ path: name, message: 'is sent as the header If-Match' });
    else if (name === 'lastEventId') misplaced.push({ path: name, message: 'is sent as the header Last-Event-ID' });
    else input.set(name, value);
  }
  if (misplaced.length > 0) throw new DomainError('VALIDATION_FAILED', undefined, { errors: misplaced });

  for (const name of placement.path) input.set(name, toField(address.path[name] ?? '', fields[name]));
  const expectedVersion = placement.takesIfMatch ? readIfMatch(address.ifMatch) : undefined;
  if (expectedVersion !== undefined) input.set('expectedVersion', expectedVersion);
  if (placement.takesLastEventId && address.lastEventId) input.set('lastEventId', address.lastEventId);
  return Object.fromEntries(input);
}

function bodyFields(body: unknown): [string, unknown][] {
  if (body === undefined) return [];
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new DomainError('VALIDATION_FAILED', 'The body must be a JSON object');
  }
  return Object.entries(body);
}

/** `?status=todo&status=done&due[from]=2026-01-01`: repeated for arrays, in brackets for objects. */
function queryFields(query: URLSearchParams, fields: Route['fields']): [string, unknown][] {
  const found = new Map<string, unknown>();
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    const [, outer, inner] = /^([^[\]]+)\[([^[\]]+)\]$/.exec(name) ?? [];
    const properties = outer === undefined ? undefined : typed(fields[outer])?.properties;
    if (outer === undefined || inner === undefined || properties === undefined) {
      found.set(name, toFields(values, fields[name]));
      continue;
    }
    const object = new Map(Object.entries(found.get(outer) ?? {}));
    found.set(outer, Object.fromEntries(object.set(inner, toFields(values, properties[inner]))));
  }
  return [...found];
}

function toFields(values: readonly string[], schema: FieldSchema | undefined): unknown {
  const { items } = typed(schema) ?? {};
  if (items !== undefined) return values.map((value) => toField(value, items));
  return values.length === 1 ? toField(values[0] ?? '', schema) : values;
}

/** Text as the type that the field has; what cannot be read so stays text, for the schema to refuse. */
function toField(text: string, schema: FieldSchema | undefined): unknown {
  switch (typed(schema)?.type) {
    case 'integer':
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    default:
      return text;
  }
}

/** The schema itself, or the one of its alternatives that is not null. */
function typed(schema: FieldSchema | undefined): FieldSchema | undefined {
  return schema?.anyOf?.find(({ type }) => type !== 'null') ?? schema;
}

/** `"3"`, `"3-x7Yz"`, also weakened by a proxy on the way: our tags begin with the version, and only that is compared. */
function readIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const version = /^(?:W\/)?"(\d{1,10})(?:-[0-9a-f]+)?"$/.exec(header.trim())?.[1];
  if (version !== undefined) return Number(version);
  throw new DomainError('VALIDATION_FAILED', undefined, {
    errors: [{ path: 'If-Match', message: 'must be one entity tag with a version, such as "3"' }],
  });
}
