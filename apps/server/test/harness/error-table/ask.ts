import type { FieldError } from '@alice/api';
import type { RefusedRequest } from './cases.ts';
import type { Scene } from './scene.ts';

/** A refusal, whichever transport it came over. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly FieldError[];
  /** What else it says, such as `currentVersion`. */
  readonly details: Readonly<Record<string, unknown>>;
  readonly headers: Headers;
}

/** Makes the request in its scene, as often as it says. */
export async function ask(scene: Scene, refused: RefusedRequest): Promise<Refusal> {
  const { earlier } = refused;
  if (typeof earlier === 'string') await send(scene, { ...refused, body: earlier });
  if (typeof earlier === 'number') for (let count = 0; count < earlier; count += 1) await send(scene, refused);
  return send(scene, refused);
}

async function send(scene: Scene, { request, headers, body, anonymous, earlier }: RefusedRequest): Promise<Refusal> {
  const [house, token] =
    typeof earlier === 'number' ? [scene.limitedHouse, scene.limitedToken] : [scene.house, scene.token];
  const filled = (text: string) =>
    text.replace(/\{([A-Za-z' -]+)\}/g, (whole, name) => scene.placeholders.get(name) ?? whole);
  const [method = '', address = ''] = filled(request).split(/ (.*)/);
  const own = Object.entries(headers ?? {}).map(([name, value]) => [name, filled(value)] as const);
  const response = await fetch(`${house.url}${address}`, {
    method,
    headers: { ...(anonymous ? {} : { authorization: `Bearer ${token}` }), ...Object.fromEntries(own) },
    ...(body === undefined ? {} : { body: filled(body) }),
  });
  return { status: response.status, headers: response.headers, ...read(await response.text()) };
}

/** The guarantee: what is no refusal in our form gives `undefined`s, which fail the test. */
function read(text: string): Pick<Refusal, 'code' | 'detail' | 'errors' | 'details'> {
  const body = JSON.parse(text);
  if ('error' in body) {
    const { message, data } = body.error;
    return { code: data.code, detail: message, errors: data.errors, details: data.details ?? {} };
  }
  const { type: _t, title: _l, status: _s, status_code: _c, request_id: _r, code, detail, errors, ...details } = body;
  return { code, detail, errors, details };
}
