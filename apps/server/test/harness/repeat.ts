import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** A mutation as a client sends it: over REST, or over tRPC. */
export interface KeyedRequest {
  readonly path: string;
  readonly token: string;
  readonly key: string;
  readonly body: string;
}

/** How requests went that were repeated until they were answered. */
export interface Tally {
  sent: number;
  inUse: number;
  busy: number;
  unanswered: number;
}

/** Less than Retry-After says, so that more requests meet the one that runs. */
const inUsePauseMs = 150;
/** A server that was killed is back within a second or two. */
const otherPauseMs = 200;

/** Sends a request as a patient client does: again, with its key, until it has succeeded. Gives the body of the reply. */
export async function repeatUntilDone(nextUrl: () => string, keyed: KeyedRequest, tally: Tally): Promise<string> {
  for (;;) {
    tally.sent += 1;
    const reply = await send(nextUrl(), keyed).catch(() => null);
    if (reply === null) tally.unanswered += 1;
    else if (reply.status < 300) return reply.text;
    else if (reply.status === 409 && reply.text.includes('IDEMPOTENCY_KEY_IN_USE')) tally.inUse += 1;
    else if (reply.status === 503 && reply.retryAfter !== null) tally.busy += 1;
    else throw new Error(`${keyed.path} was answered with ${reply.status}: ${reply.text}`);
    const pauseMs = reply?.status === 409 ? inUsePauseMs : otherPauseMs;
    await sleep(pauseMs * (0.5 + Math.random()));
  }
}

interface RawReply {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly text: string;
}

/** Sends it once; by Node's own client, which costs half of what fetch does. Throws when no reply comes. */
export function send(url: string, { path, token, key, body }: KeyedRequest): Promise<RawReply> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}`, { method: 'POST', headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] ?? null, text }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

const agent = new Agent({ keepAlive: true });

/** Runs all of the jobs in their order, `width` at a time. */
export async function inParallel<Job>(
  jobs: Iterable<Job>,
  width: number,
  run: (job: Job) => Promise<void>,
): Promise<void> {
  const queue = jobs[Symbol.iterator]();
  const lane = async () => {
    for (let next = queue.next(); next.done !== true; next = queue.next()) await run(next.value);
  };
  await Promise.all(Array.from({ length: width }, lane));
}
