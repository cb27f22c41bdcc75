import { type ProcedureFacts, procedureMap } from '@alice/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from './parity/answer.ts';
import { countLines } from './parity/effects.ts';
import { strangersIn } from './parity/faults.ts';
import type { Fields } from './parity/schema.ts';
import { validInputs } from './parity/valid-inputs.ts';
import { inEachHouse, openWays, type Way } from './parity/ways.ts';
import type { World } from './parity/world.ts';

const mutations = [...procedureMap.values()].filter(({ type }) => type === 'mutation');
/** No key repeats them: a refresh token is its own key, and a sign-out ends the session that its key belongs to. */
const keyless = ['auth.refresh', 'auth.logout', 'auth.logoutEverywhere'];
/**
 * Nobody is signed in, so no key is kept: what they are sent with counts once by itself, or doing it twice does no harm.
 * A sign-in keeps its key in the session that it starts.
 */
const openToAll = mutations
  .filter(({ path, meta }) => meta.access === 'public' && !signsIn(path))
  .map(({ path }) => path);
/** They leave no line: what they give counts for minutes, or a mail goes out. */
const leavesNoLine = new Set([
  'auth.resendVerification',
  'auth.requestEmailChange',
  'passkeys.confirmOptions',
  'passkeys.registrationOptions',
]);
/** What leaves more than one line, and why. */
const lines: Readonly<Record<string, number>> = {
  // An account and a session.
  'auth.register': 2,
};

function signsIn(path: string): boolean {
  return ['auth.register', 'auth.login', 'secondFactor.signIn', 'passkeys.signIn'].includes(path);
}

let ways: Way[] = [];
beforeAll(async () => {
  ways = await openWays();
});
afterAll(() => Promise.all(ways.map((way) => way[Symbol.asyncDispose]())));

describe.each(mutations.filter(({ path }) => !keyless.includes(path) && !openToAll.includes(path)))(
  '$path',
  (procedure) => {
    test('runs once per idempotency key, and returns the same bytes again', async () => {
      await inEachHouse(ways, procedure, 'once', async (way, world) => {
        const first = await firstChange(way, procedure, world);
        const least = lines[procedure.path] ?? (leavesNoLine.has(procedure.path) ? 0 : 1);
        expect(first.lines, `${way.name}: activity lines`).toBeGreaterThanOrEqual(least);

        // Soon enough for what needs a fresh sign-in.
        way.house.clock.advance({ minutes: 1 });
        const again = await askWithKey(way, procedure, world, { ...first, requestId: 'the-second-request' });
        expect(again.text, `${way.name}: the body again`).toBe(first.answer.text);
        expect(headersThatLast(again)).toEqual(headersThatLast(first.answer));

        const other = otherInput(procedure, first.input, world);
        if (other !== undefined) {
          const refused = await askWithKey(way, procedure, world, { ...first, input: other });
          const reused = { ok: false, code: 'IDEMPOTENCY_KEY_REUSED' };
          expect(refused.outcome, `${way.name}: another body`).toMatchObject(reused);
        }

        await expectRefusalsRepeated(way, procedure, world);
        expect(await countLines(way.house, world), `${way.name}: activity lines in all`).toBe(first.linesAfter);
      });
    });
  },
);

/** With the id of the request that met it first. */
async function expectRefusalsRepeated(way: Way, procedure: ProcedureFacts, world: World): Promise<void> {
  for (const { inputs, field } of strangersIn(procedure, world)) {
    const call = { input: inputs[0], key: `refused-${field}` };
    const first = await askWithKey(way, procedure, world, { ...call, requestId: 'the-first-request' });
    expect(first.outcome).toMatchObject({ ok: false, code: 'NOT_FOUND' });
    const again = await askWithKey(way, procedure, world, { ...call, requestId: 'the-second-request' });
    expect(again.text, `${way.name}: the refusal again`).toBe(first.text);
  }
}

test.each(mutations.filter(({ path }) => keyless.includes(path)))(
  '$path is safe to repeat without a key',
  async (procedure) => {
    await inEachHouse(ways, procedure, 'keyless', async (way, world) => {
      const first = await firstChange(way, procedure, world);
      way.house.clock.advance({ seconds: 5 });
      const again = await askWithKey(way, procedure, world, first);
      if (procedure.path === 'auth.refresh') expect(again.outcome).toEqual(first.answer.outcome);
      else expect(again.outcome).toMatchObject({ ok: false, code: 'UNAUTHENTICATED' });
      expect(await countLines(way.house, world)).toBe(first.linesAfter);
    });
  },
);

interface KeyedCall {
  readonly input: Fields | undefined;
  readonly key: string;
  readonly requestId?: string;
}

function askWithKey(way: Way, procedure: ProcedureFacts, world: World, call: KeyedCall): Promise<Answer> {
  const tokens = procedure.meta.access === 'public' ? null : world.person;
  const { input, key, requestId = 'the-first-request' } = call;
  return way.ask({ procedure, tokens, input, key, requestId });
}

/** Calls with one valid input after another, each with a key of its own, until one changes something. */
async function firstChange(way: Way, procedure: ProcedureFacts, world: World) {
  for (const [index, input] of validInputs(procedure, world).entries()) {
    const before = await countLines(way.house, world);
    const call = { input, key: `once-${index}` };
    const answer = await askWithKey(way, procedure, world, call);
    const linesAfter = await countLines(way.house, world);
    const isChange = linesAfter > before || procedure.path === 'auth.refresh' || leavesNoLine.has(procedure.path);
    if (answer.outcome.ok && isChange) return { ...call, answer, lines: linesAfter - before, linesAfter };
  }
  throw new Error(`${procedure.path}: no valid input changes anything`);
}

/** Another request of the same person's; who signs in is known by the address alone. */
function otherInput(procedure: ProcedureFacts, input: Fields | undefined, world: World): Fields | undefined {
  if (procedure.path === 'auth.register') return { ...input, name: 'Somebody Else' };
  if (procedure.path === 'auth.login') return { ...input, email: String(input?.['email']).toUpperCase() };
  return validInputs(procedure, world).find((other) => JSON.stringify(other) !== JSON.stringify(input));
}

function headersThatLast({ status, headers }: Answer) {
  return { status, etag: headers.get('etag'), location: headers.get('location'), type: headers.get('content-type') };
}
