import { type ErrorCode, errorKinds, type ProcedureFacts } from '@alice/api';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { expect } from 'vitest';
import type { Answer, Call, Transport } from './answer.ts';
import { type House, openHouse } from './house.ts';
import { overRest, routeOf } from './over-rest.ts';
import { overSdk } from './over-sdk.ts';
import { overTrpc } from './over-trpc.ts';
import { buildWorld, type World } from './world.ts';

type WayName = 'tRPC' | 'REST' | 'SDK';

/** A transport with a house of its own, so that all people of a house can be compared as well. */
export interface Way extends AsyncDisposable {
  readonly name: WayName;
  readonly house: House;
  /** Calls, and checks what every answer must be: its status, and its request id. */
  ask(call: Omit<Call, 'requestId'> & { requestId?: string }): Promise<Answer>;
}

const transports: readonly [WayName, Transport][] = [
  ['tRPC', overTrpc],
  ['REST', overRest],
  ['SDK', overSdk],
];

/** Opens the three, one after another: a template database can be copied by one at a time. */
export async function openWays(): Promise<Way[]> {
  const ways: Way[] = [];
  for (const [name, transport] of transports) {
    const house = await openHouse();
    ways.push({
      name,
      house,
      async ask(call) {
        const whole = { requestId: 'the-same-request', ...call };
        const answer = await transport(house.url, whole);
        expect(answer.status, `${name}: status of ${answer.text}`).toBe(expectedStatus(name, whole, answer));
        expect(answer.headers.get('x-request-id')).toBe(whole.requestId);
        return answer;
      },
      [Symbol.asyncDispose]: () => house[Symbol.asyncDispose](),
    });
  }
  return ways;
}

/**
 * Does the same in each house that serves the procedure, in a world built alike. Gives what came of it by the name of the
 * way, for `expectSame`.
 */
export async function inEachHouse<Result>(
  ways: readonly Way[],
  procedure: ProcedureFacts,
  purpose: string,
  run: (way: Way, world: World) => Promise<Result>,
): Promise<Map<WayName, Result>> {
  const role = procedure.meta.access === 'admin' ? 'admin' : 'user';
  const serving = ways.filter(({ name }) => name !== 'REST' || routeOf(procedure.path) !== undefined);
  const start = Math.max(...serving.map(({ house }) => house.clock.now().getTime()));
  const runs = serving.map(async (way) => {
    // Together again, should a test have ended in the midst of it.
    way.house.clock.set(new Date(start).toISOString());
    const world = await buildWorld(way.house, `${procedure.path}-${purpose}`, role, procedure.path);
    return [way.name, await run(way, world)] as const;
  });
  // All of them end with this test, whichever fails.
  await Promise.allSettled(runs);
  return new Map(await Promise.all(runs));
}

/** All ways have given what tRPC gave. */
export function expectSame(results: ReadonlyMap<WayName, unknown>): void {
  const expected = results.get('tRPC');
  for (const [name, result] of results) expect(result, `${name} as tRPC`).toEqual(expected);
}

function expectedStatus(way: WayName, { procedure }: Call, { outcome }: Answer): number {
  if (outcome.ok) return way === 'REST' ? (routeOf(procedure.path)?.rest.status ?? 200) : 200;
  // The guarantee: an unknown code has no kind, and then reading it fails the test.
  const kind = errorKinds[outcome.code as ErrorCode];
  return way === 'REST' ? kind.status : getHTTPStatusCodeFromError(new TRPCError({ code: kind.trpc }));
}
