import { type Answer, authorization, type Call, failure, ownHeaders, readEvents, record } from './answer.ts';

/** Calls a procedure at `/trpc`. */
export async function overTrpc(url: string, call: Call): Promise<Answer> {
  const { procedure, input } = call;
  const json = input === undefined ? undefined : JSON.stringify(input);
  const query = json === undefined ? '' : `?input=${encodeURIComponent(json)}`;
  const headers = { ...authorization(call), ...ownHeaders(call) };
  const response =
    procedure.type === 'mutation'
      ? await fetch(`${url}/trpc/${procedure.path}`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/json' },
          body: json ?? '',
        })
      : await fetch(`${url}/trpc/${procedure.path}${query}`, { headers });
  const { status, headers: got } = response;
  if (procedure.type === 'subscription' && response.ok) {
    const { text, items } = await readEvents(response, ({ name, data }) => name === '' && data !== '');
    return { outcome: { ok: true, data: items }, status, headers: got, text };
  }
  const text = await response.text();
  return { outcome: toOutcome(JSON.parse(text)), status, headers: got, text };
}

function toOutcome(body: object): Answer['outcome'] {
  if ('result' in body) return { ok: true, data: record(body.result)['data'] };
  const error = record(record(body)['error']);
  const { code, errors, details } = record(error['data']);
  return failure({ code: String(code), message: error['message'], errors, details });
}
