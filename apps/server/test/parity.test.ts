import { type ProcedureFacts, procedureMap } from '@alice/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, record } from './parity/answer.ts';
import { effectsIn } from './parity/effects.ts';
import { namer } from './parity/same-names.ts';
import { type Fields, inputSchema } from './parity/schema.ts';
import { validInputs } from './parity/valid-inputs.ts';
import { expectSame, inEachHouse, openWays, type Way } from './parity/ways.ts';
import type { World } from './parity/world.ts';

const procedures = [...procedureMap.values()];
const mostPages = 12;

let ways: Way[] = [];
beforeAll(async () => {
  ways = await openWays();
});
afterAll(() => Promise.all(ways.map((way) => way[Symbol.asyncDispose]())));

describe.each(procedures)('$path', (procedure) => {
  test('returns and changes the same over tRPC, REST and the SDK', async () => {
    const results = await inEachHouse(ways, procedure, 'same', async (way, world) => {
      const rename = namer(world);
      const steps: { asked: unknown; got: unknown }[] = [];
      for await (const { input, outcome } of conversation(way, procedure, world)) {
        steps.push({ asked: rename(input), got: rename(outcome) });
      }
      return { steps, effects: rename(await effectsIn(way.house, world)) };
    });
    expectSame(results);
    const outcomes = results.get('tRPC')?.steps.map(({ got }) => record(got)['ok']);
    expect(outcomes, 'whether each call succeeded').toContain(true);
  });
});

const queries = procedures.filter(({ type }) => type === 'query');
test.each(queries)('$path returns all of its fields together, and all except any one', async (procedure) => {
  await inEachHouse(ways.slice(0, 1), procedure, 'together', async (way, world) => {
    const tokens = world.person;
    const most = validInputs(procedure, world).at(-1) ?? {};
    for (const left of ['', ...Object.keys(most)]) {
      const input = Object.fromEntries(Object.entries(most).filter(([name]) => name !== left));
      const { outcome } = await way.ask({ procedure, input, tokens });
      // Without what it needs it is refused; it never fails.
      if (!outcome.ok) expect(outcome.code, `without ${left}`).toBe('VALIDATION_FAILED');
    }
  });
});

/** Every valid input, one after another in the same world, and then all pages of what has pages. */
async function* conversation(way: Way, procedure: ProcedureFacts, world: World) {
  const tokens = procedure.meta.access === 'public' ? null : world.person;
  const ask = async (input: Fields | undefined) => {
    way.house.clock.advance({ seconds: 1 });
    return { input, ...(await way.ask({ procedure, input, tokens })) };
  };
  const inputs = validInputs(procedure, world);
  for (const input of inputs) yield ask(input);
  if (inputSchema(procedure)?.fields['cursor'] === undefined) return;
  let cursor: string | null = null;
  for (let page = 1; page <= mostPages; page += 1) {
    const answer = await ask({ ...inputs[0], limit: 1, ...(cursor === null ? {} : { cursor }) });
    yield { ...answer, input: { page } };
    cursor = nextCursor(answer);
    if (cursor === null) return;
  }
}

function nextCursor({ outcome }: Answer): string | null {
  const cursor = outcome.ok ? record(outcome.data)['nextCursor'] : null;
  return typeof cursor === 'string' ? cursor : null;
}
