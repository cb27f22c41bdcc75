import { type ClientRequest, get, type IncomingMessage } from 'node:http';

export interface StreamEvent {
  /** The number of the change, or where the stream begins. */
  readonly id: number;
  /** `ready`, `end`, or what changed. */
  readonly name: string;
  readonly data: string;
}

export interface SubscriptionEvents {
  readonly onEvent: (event: StreamEvent, at: number) => void;
  /** Called once, however it ends. `status` is 0 when no answer came. */
  readonly onEnd: (status: number) => void;
}

/** One stream of `GET /api/v1/sync/live`, over a connection of its own, with as little as can be in between. */
export function subscribe(
  url: string,
  token: string,
  lastEventId: number | null,
  { onEvent, onEnd }: SubscriptionEvents,
): ClientRequest {
  const headers = {
    authorization: `Bearer ${token}`,
    accept: 'text/event-stream',
    ...(lastEventId === null ? {} : { 'last-event-id': lastEventId }),
  };
  let status = 0;
  let hasEnded = false;
  const end = () => {
    if (hasEnded) return;
    hasEnded = true;
    onEnd(status);
  };
  const request = get(`${url}/api/v1/sync/live`, { agent: false, headers }, (response) => {
    status = response.statusCode ?? 0;
    response.on('error', end);
    response.on('close', end);
    if (status === 200) readEvents(response, (event, at) => !hasEnded && onEvent(event, at));
    else response.resume();
  });
  request.on('error', end);
  request.on('close', end);
  return request;
}

function readEvents(response: IncomingMessage, onEvent: SubscriptionEvents['onEvent']): void {
  let text = '';
  response.setEncoding('utf8');
  response.on('data', (chunk: string) => {
    const at = performance.now();
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = toEvent(block);
      if (event !== null) onEvent(event, at);
    }
  });
}

/** Null for a comment, which is a heartbeat. */
function toEvent(block: string): StreamEvent | null {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon), line.slice(colon + 2)];
    }),
  );
  const data = fields.get('data');
  return data === undefined ? null : { id: Number(fields.get('id')), name: fields.get('event') ?? 'message', data };
}
