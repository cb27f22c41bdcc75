import { type Route, restRoutes, takesBody } from '../../src/rest/routes.ts';
import { type Answer, authorization, type Call, failure, ownHeaders, readEvents, record } from './answer.ts';

const routes = new Map(restRoutes().map((route) => [route.procedure.path, route]));

/** A procedure's route; undefined where REST does not serve it. */
export function routeOf(path: string): Route | undefined {
  return routes.get(path);
}

/** Calls a procedure below `/api/v1`, each field of the input in the place that its route has for it. */
export async function overRest(url: string, call: Call): Promise<Answer> {
  const route = routeOf(call.procedure.path);
  if (route === undefined) throw new Error(`REST does not serve ${call.procedure.path}`);
  const { method, address, headers, body } = toRequest(route, call);
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  const response = await fetch(`${url}/api/v1${address}`, init);
  const { status, headers: got } = response;
  if (route.reply === 'stream' && response.ok) {
    const { text, items } = await readEvents(response, ({ name }) => !['', 'ready', 'end'].includes(name));
    return { outcome: { ok: true, data: items }, status, headers: got, text };
  }
  const text = await response.text();
  return { outcome: toOutcome(route, response, JSON.parse(text)), status, headers: got, text };
}

function toRequest(route: Route, call: Call) {
  const { rest, placement } = route;
  const fields = new Map(Object.entries(call.input ?? {}));
  const take = (name: string) => {
    const value = fields.get(name);
    fields.delete(name);
    return value;
  };
  const address = rest.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(take(name))));
  const headers: Record<string, string> = { ...authorization(call), ...ownHeaders(call) };
  const version = placement.takesIfMatch ? take('expectedVersion') : undefined;
  if (version !== undefined) headers['if-match'] = typeof version === 'number' ? `"${version}"` : String(version);
  const lastEventId = placement.takesLastEventId ? take('lastEventId') : undefined;
  if (lastEventId !== undefined) headers['last-event-id'] = String(lastEventId);
  if (!takesBody(route)) return { method: rest.method, address: `${address}${toQuery(fields)}`, headers };
  if (fields.size === 0) return { method: rest.method, address, headers };
  headers['content-type'] = 'application/json';
  return { method: rest.method, address, headers, body: JSON.stringify(Object.fromEntries(fields)) };
}

/** `?status=todo&status=done&due[from]=2026-01-01` */
function toQuery(fields: ReadonlyMap<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of fields) {
    if (Array.isArray(value)) for (const item of value) query.append(name, String(item));
    else if (typeof value === 'object' && value !== null) {
      for (const [inner, field] of Object.entries(value)) query.append(`${name}[${inner}]`, String(field));
    } else query.append(name, String(value));
  }
  return query.size === 0 ? '' : `?${query}`;
}

function toOutcome(route: Route, response: Response, body: object): Answer['outcome'] {
  if (response.ok) {
    const { data, message, timestamp, ...others } = record(body);
    if (message !== 'Success' || typeof timestamp !== 'string') throw new Error(`no envelope: ${JSON.stringify(body)}`);
    return { ok: true, data: route.reply === 'page' ? { items: data, ...others } : data };
  }
  const {
    code,
    detail,
    errors,
    type: _type,
    title: _title,
    status,
    status_code,
    request_id,
    ...details
  } = record(body);
  if (status !== response.status || status_code !== status || request_id === undefined) {
    throw new Error(`no problem details: ${JSON.stringify(body)}`);
  }
  return failure({ code: String(code), message: detail, errors, details });
}
