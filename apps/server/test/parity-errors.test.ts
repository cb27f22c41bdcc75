import { procedureMap } from '@alice/api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, record } from './parity/answer.ts';
import { countLines } from './parity/effects.ts';
import { type Fault, faultsOf, strangersIn } from './parity/faults.ts';
import { namer } from './parity/same-names.ts';
import { validInputs } from './parity/valid-inputs.ts';
import { expectSame, inEachHouse, openWays, type Way } from './parity/ways.ts';

const procedures = [...procedureMap.values()];

let ways: Way[] = [];
beforeAll(async () => {
  ways = await openWays();
});
afterAll(() => Promise.all(ways.map((way) => way[Symbol.asyncDispose]())));

describe.each(procedures)('$path', (procedure) => {
  test('refuses with the same error over tRPC, REST and the SDK, and changes nothing', async () => {
    const results = await inEachHouse(ways, procedure, 'refused', async (way, world) => {
      const rename = namer(world);
      const before = await countLines(way.house, world);
      const refusals: Record<string, unknown> = {};
      for (const fault of faultsOf(procedure, world)) {
        const tokens = fault.who === 'nobody' || procedure.meta.access === 'public' ? null : world.person;
        const { outcome } = await way.ask({ procedure, input: fault.input, tokens });
        expect(outcome, `${way.name}: ${fault.label}`).toMatchObject({ ok: false, code: fault.code });
        refusals[fault.label] = rename(inOneWord(fault, outcome));
      }
      for (const { field, inputs } of strangersIn(procedure, world)) {
        const [unknown, foreign] = inputs;
        const nowhere = await way.ask({ procedure, input: unknown, tokens: world.person });
        const elsewhere = await way.ask({ procedure, input: foreign, tokens: world.person });
        expect(elsewhere.text, `${way.name}: somebody else's ${field}`).toBe(nowhere.text);
        // A list of what belongs to nothing is empty; all else is not there.
        if (!nowhere.outcome.ok) expect(nowhere.outcome.code).toBe('NOT_FOUND');
        refusals[`no such ${field}`] = rename(nowhere.outcome);
      }
      expect(await countLines(way.house, world), `${way.name}: activity lines`).toBe(before);
      return refusals;
    });
    expectSame(results);
  });
});

test.each(procedures.filter(({ meta }) => meta.access === 'admin'))(
  '$path refuses users who are not administrators, with the same error over tRPC, REST and the SDK',
  async (procedure) => {
    const asPerson = { ...procedure, meta: { ...procedure.meta, access: 'authed' } } as const;
    const results = await inEachHouse(ways, asPerson, 'no-admin', async (way, world) => {
      const [input] = validInputs(procedure, world);
      const { outcome } = await way.ask({ procedure, input, tokens: world.person });
      expect(outcome).toMatchObject({ ok: false, code: 'FORBIDDEN' });
      return outcome;
    });
    expectSame(results);
  },
);

/** Some fields come to REST in a way of their own, and the refusal says so; otherwise the words are the same. */
function inOneWord({ inRest, label }: Fault, outcome: Answer['outcome']): unknown {
  if (inRest === undefined) return outcome;
  const [error] = (record(outcome)['errors'] ?? []) as { path: string }[];
  expect([label.replace('wrong ', ''), inRest]).toContain(error?.path.split('.')[0]);
  return { ...outcome, message: undefined, errors: undefined };
}
