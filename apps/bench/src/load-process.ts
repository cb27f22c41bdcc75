import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import autocannon from 'autocannon';
import { serveParent } from './child-process.ts';
import { percentile } from './statistics.ts';
import type { Expected, HttpRequest, Load } from './works.ts';

/** What the bench asks this process for. */
export interface LoadJob {
  readonly url: string;
  readonly seconds: number;
  readonly connections: number;
  readonly load: Load;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds from a request to the end of its answer. */
  readonly p50: number;
  readonly p99: number;
  /** Seconds of processor that making the load took. */
  readonly cpuSeconds: number;
}

/** Between two looks at the clock; the default of a second would stretch a round by as much. */
const sampleMs = 50;
const settleMs = 100;

serveParent(async ({ url, seconds, connections, load }: LoadJob): Promise<LoadResult> => {
  const { status: expectedStatus = 200, body: expectedBody } = load.expected;
  // The library keeps whole milliseconds only, so the latencies are kept here.
  const latencies: number[] = [];
  let wrongStatus: number | undefined;
  let wrongBody: string | undefined;
  let failure: Error | undefined;
  let connection = 0;
  const cpuBefore = process.cpuUsage();
  const startedAt = performance.now();
  let lastAt = startedAt;

  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const instance = autocannon(
      {
        url,
        connections,
        duration: seconds,
        sampleInt: sampleMs,
        timeout: 20,
        bailout: 1,
        setupClient(client) {
          const own = load.requests[connection++ % load.requests.length] ?? [];
          client.setRequests(own.map(toAutocannon));
        },
        verifyBody(body) {
          if (isExpected(body, expectedBody)) return true;
          wrongBody ??= String(body).slice(0, 500);
          return false;
        },
      },
      (error, finished) => (error ? reject(error) : resolve(finished)),
    );
    instance.on('response', (_client, status, _bytes, ms) => {
      if (status !== expectedStatus) wrongStatus ??= status;
      lastAt = performance.now();
      latencies.push(ms);
    });
    instance.on('reqError', (error) => {
      failure ??= error instanceof Error ? error : new Error(String(error));
    });
  });
  const cpu = process.cpuUsage(cpuBefore);

  if (wrongStatus !== undefined || wrongBody !== undefined || result.mismatches > 0) {
    const what = wrongStatus === undefined ? 'a body that lacks what it should hold' : `status ${wrongStatus}`;
    throw new Error(`answered with ${what}: ${wrongBody ?? ''}`);
  }
  if (failure !== undefined) throw new Error(`${result.errors} requests failed: ${failure.message || failure.name}`);
  // A connection that the server closes is opened again without a word, and its request never counted.
  const lost = result.requests.sent - latencies.length;
  if (lost > 2 * connections) throw new Error(`${lost} requests were never answered`);
  if (latencies.length === 0) throw new Error('no request was answered');

  await sleep(settleMs);
  return {
    requests: latencies.length,
    seconds: (lastAt - startedAt) / 1000,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
  };
});

function toAutocannon({ method, path, headers, body, isKeyed }: HttpRequest): autocannon.Request {
  const request = { method, path, headers, ...(body === undefined ? {} : { body }) };
  return isKeyed ? { ...request, setupRequest: withFreshKey } : request;
}

function withFreshKey(request: autocannon.Request): autocannon.Request {
  return { ...request, headers: { ...request.headers, 'idempotency-key': randomUUID() } };
}

function isExpected(body: unknown, expected: Expected['body']): boolean {
  if (expected === null) return body === '' || body === undefined;
  return typeof body === 'string' && holds(body, expected.text, expected.times);
}

function holds(body: string, text: string, times: number): boolean {
  let at = -1;
  for (let found = 0; found < times; found += 1) {
    at = body.indexOf(text, at + 1);
    if (at === -1) return false;
  }
  return body.indexOf(text, at + 1) === -1;
}
