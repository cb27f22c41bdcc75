import { Agent, request } from 'node:http';

/** What a server said. */
export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** Null when no whole reply came. */
export function getJson(url: string, token: string): Promise<Reply | null> {
  return send('GET', url, token);
}

/** Null when no whole reply came: then it may have been done or not. */
export function send(method: string, url: string, token: string, body?: object): Promise<Reply | null> {
  const text = body === undefined ? '' : JSON.stringify(body);
  const headers = {
    authorization: `Bearer ${token}`,
    ...(text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
  };
  return new Promise((resolve) => {
    const sent = request(url, { method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('close', () => resolve(response.complete ? toReply(response.statusCode ?? 0, chunks) : null));
    });
    sent.on('error', () => resolve(null));
    sent.end(text);
  });
}

function toReply(status: number, chunks: readonly Buffer[]): Reply {
  const text = Buffer.concat(chunks).toString();
  return { status, body: text === '' ? null : JSON.parse(text) };
}
