import { DomainError, type FieldError, invalidInput } from '@alice/api';
import { type FieldSchema, type Route, takesBody } from './routes.ts';

/** The parts of a request besides the body. */
export interface Address {
  readonly path: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly ifMatch: string | undefined;
  readonly lastEventId: string | undefined;
}

/**
 * Builds the input of a procedure from the path, the query, the headers and the body. It only assigns and converts
 * fields; the procedure's schema validates them. Throws VALIDATION_FAILED for a misplaced field, so that nothing that
 * was sent is ignored.
 */
export function readInput(route: Route, address: Address, body: unknown): unknown {
  const { placement, fields, procedure } = route;
  if (procedure.inputs.length === 0) return undefined;
  const inBody = bodyFields(body);
  const [own, strange] = takesBody(route)
    ? [inBody, address.query.keys()]
    : [queryFields(address, fields), inBody.keys()];
  const misplaced = [...strange].map((path) => ({ path, message: placeOf(route, path) }));
  for (const path of own.keys()) {
    if (!placement.path.includes(path) && !headers.has(path)) continue;
    misplaced.push({ path, message: placeOf(route, path) });
  }
  if (misplaced.length > 0) throw invalidInput(misplaced);

  const input = new Map(own);
  for (const name of placement.path) input.set(name, toField(address.path[name] ?? '', fields[name]));
  const expectedVersion = placement.takesIfMatch ? readIfMatch(address.ifMatch) : undefined;
  if (expectedVersion !== undefined) input.set('expectedVersion', expectedVersion);
  if (placement.takesLastEventId && address.lastEventId) input.set('lastEventId', readLastEventId(address.lastEventId));
  return Object.fromEntries(input);
}

const headers: ReadonlyMap<string, string> = new Map([
  ['expectedVersion', 'If-Match'],
  ['lastEventId', 'Last-Event-ID'],
]);

/** Where a field must be sent. */
function placeOf(route: Route, name: string): string {
  const header = name in route.fields ? headers.get(name) : undefined;
  if (header !== undefined) return `must be sent as the header ${header}`;
  if (route.placement.path.includes(name)) return 'must be in the path';
  if (!(name in route.fields)) return 'is not a known field';
  return takesBody(route) ? 'must be in the body' : 'must be in the query string';
}

function bodyFields(body: unknown): ReadonlyMap<string, unknown> {
  if (body === undefined) return new Map();
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new DomainError('VALIDATION_FAILED', 'The request body must be a JSON object');
  }
  return new Map(Object.entries(body));
}

/** `?status=todo&status=done&due[from]=2026-01-01`: repeated for arrays, with brackets for objects. */
function queryFields({ query }: Address, fields: Route['fields']): ReadonlyMap<string, unknown> {
  const wrong: FieldError[] = [];
  const found = new Map<string, unknown>();
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    const [, outer, inner] = /^([^[\]]+)\[([^[\]]+)\]$/.exec(name) ?? [];
    const properties = outer === undefined ? undefined : typed(fields[outer])?.properties;
    const message = misspelt(name, values, fields);
    if (message !== null) wrong.push({ path: name, message });
    if (outer === undefined || inner === undefined || properties === undefined) {
      found.set(name, toFields(values, fields[name]));
      continue;
    }
    const object = new Map(Object.entries(found.get(outer) ?? {}));
    found.set(outer, Object.fromEntries(object.set(inner, toFields(values, properties[inner]))));
  }
  if (wrong.length > 0) throw invalidInput(wrong);
  return found;
}

/** An error for an array or a text in place of an object, which the schema would explain badly. */
function misspelt(name: string, values: readonly string[], fields: Route['fields']): string | null {
  const { items, properties } = typed(fields[name]) ?? {};
  if (properties !== undefined) {
    return `must be written as ${Object.keys(properties)
      .map((key) => `${name}[${key}]`)
      .join(' and ')}`;
  }
  return values.length > 1 && items === undefined ? 'must not be repeated' : null;
}

function toFields(values: readonly string[], schema: FieldSchema | undefined): unknown {
  const { items } = typed(schema) ?? {};
  if (items !== undefined) return values.map((value) => toField(value, items));
  return values.length === 1 ? toField(values[0] ?? '', schema) : values;
}

/** Converts text to the field's type. Text that cannot be converted is left for the schema to reject. */
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

/** The schema itself, or its alternative that is not null. */
function typed(schema: FieldSchema | undefined): FieldSchema | undefined {
  return schema?.anyOf?.find(({ type }) => type !== 'null') ?? schema;
}

/** `"3"`, `"3-x7Yz"`, also made weak by a proxy: our tags start with the version, and only the version is compared. */
function readIfMatch(header: string | undefined): number | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const version = /^(?:W\/)?"([1-9]\d{0,8})(?:-[0-9a-f]+)?"$/.exec(header.trim())?.[1];
  if (version !== undefined) return Number(version);
  throw invalidInput([{ path: 'If-Match', message: 'must be a single entity tag with a version, such as "3"' }]);
}

function readLastEventId(header: string): string {
  if (/^\d{1,15}$/.test(header)) return header;
  throw invalidInput([{ path: 'Last-Event-ID', message: 'must be a change number' }]);
}
