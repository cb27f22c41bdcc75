import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to a Redis that a test can break without touching the Redis itself. Disposing of it closes it. */
export interface RedisGate extends AsyncDisposable {
  readonly url: string;
  /** Nobody listens any more, and connections end. */
  stop(): Promise<void>;
  /** Listens again, on the same port. */
  start(): Promise<void>;
  /** Connections stay, and no answer comes through. */
  pause(): void;
  /** Answers come so much later. */
  slow(ms: number): void;
  /** Answers come at once again, the held ones too. */
  resume(): void;
}

/** Opens a way to the Redis of `redisUrl`, as it is or with another database of it. */
export async function openRedisGate(redisUrl: string, database: number): Promise<RedisGate> {
  const target = new URL(redisUrl);
  const to = { host: target.hostname, port: Number(target.port === '' ? 6379 : target.port) };
  const sockets = new Set<Socket>();
  const held: (() => void)[] = [];
  let state: 'open' | 'paused' | number = 'open';

  function pass(send: () => void): void {
    if (state === 'open') send();
    else if (state === 'paused') held.push(send);
    else setTimeout(send, state);
  }

  function serve(client: Socket): void {
    const redis = connect(to);
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.on('data', (data) => redis.write(data));
    redis.on('data', (data) => pass(() => void client.write(data)));
  }

  let server: Server;
  let port = 0;
  async function start(): Promise<void> {
    server = createServer(serve).listen(port, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address !== null && typeof address === 'object') port = address.port;
  }
  async function stop(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await start();
  const url = new URL(redisUrl);
  url.hostname = '127.0.0.1';
  url.port = String(port);
  url.pathname = `/${database}`;
  return {
    url: url.href,
    start,
    stop,
    pause() {
      state = 'paused';
    },
    slow(ms) {
      state = ms;
    },
    resume() {
      state = 'open';
      for (const send of held.splice(0)) send();
    },
    [Symbol.asyncDispose]: stop,
  };
}
