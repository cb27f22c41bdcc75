import { randomUUID } from 'node:crypto';
import { type ProcedureFacts, procedureMap, scopes } from '@alice/api';
import { callAs, signUp } from '@alice/api/testing';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Call } from './parity/answer.ts';
import { effectsIn } from './parity/effects.ts';
import { type House, openHouse } from './parity/house.ts';
import { overRest, routeOf } from './parity/over-rest.ts';
import { overTrpc } from './parity/over-trpc.ts';
import { type Fields, inputSchema } from './parity/schema.ts';
import { entityOf, validInputs } from './parity/valid-inputs.ts';
import { buildWorld, type World } from './parity/world.ts';

/**
 * Isolation: every procedure and REST route × who must not × whose row. Generated from the router, so a new procedure is
 * in it the moment it exists.
 */
const procedures = [...procedureMap.values()];
const guarded = procedures.filter(({ meta }) => meta.access !== 'public');
const transports = [
  ['tRPC', overTrpc],
  ['REST', overRest],
] as const;

/** Stands in the victim's rows and nowhere else. */
const mark = 'victims';
const malformed = ['not-an-id', "' OR true --", '\u0000', '../../../etc/passwd', '01a20543-66c4-727a-834f-ddca3c63f22'];

let house: House;
let victim: World;
let stranger: World;
let administrator: World;
/** Access tokens, and keys, that must open nothing, by what is wrong with them. */
let closed: ReadonlyMap<string, string | null>;
let asked = 0;

beforeAll(async () => {
  house = await openHouse();
  const { deps, clock } = house;
  const expired = await signUp(deps);
  clock.advance({ minutes: 16 });
  victim = await buildWorld(house, mark, 'user', '*');
  await callAs(deps, victim.person.accessToken).users.update({ name: `${mark} name` });
  stranger = await buildWorld(house, 'stranger', 'user', '*');
  administrator = await buildWorld(house, 'administrator', 'admin', '*');
  const [disabled, loggedOut, demoted] = [await signUp(deps), await signUp(deps), await signUp(deps)];
  await deps.db.prisma.user.update({ where: { id: disabled.user.id }, data: { disabledAt: new Date() } });
  await loggedOut.api.auth.logout();
  await deps.db.prisma.user.update({ where: { id: demoted.user.id }, data: { role: 'admin' } });
  await deps.db.prisma.user.update({ where: { id: demoted.user.id }, data: { role: 'user' } });
  closed = new Map([
    ['nobody', null],
    ['a disabled account', disabled.tokens.accessToken],
    ['an expired token', expired.tokens.accessToken],
    ['an ended session', loggedOut.tokens.accessToken],
    ['a refresh token', loggedOut.tokens.refreshToken],
    ['a key that there is not', `alice_${'A'.repeat(91)}`],
  ]);
});
afterAll(async () => {
  console.log(`${procedures.length} procedures, ${asked} requests, none answered with another's data`);
  await house[Symbol.asyncDispose]();
});

type Who = { readonly accessToken: string; readonly refreshToken: string } | null;

const bearer = (token: string | null): Who => (token === null ? null : { accessToken: token, refreshToken: '' });

/** Asks, and holds what holds of every answer: nothing of the victim's is in it, and it is no fault of the server's. */
async function ask(transport: (url: string, call: Call) => Promise<Answer>, call: Omit<Call, 'requestId'>) {
  asked += 1;
  const answer = await transport(house.url, { ...call, requestId: 'the-same-request' });
  expect(answer.status).toBeLessThan(500);
  const held = call.tokens?.accessToken === victim.person.accessToken;
  if (!held) expect(answer.text.replaceAll(JSON.stringify(call.input) ?? '', '')).not.toContain(mark);
  return answer;
}

/** The fields of an input that name a row, each with the id of the victim's in every state. The first is live. */
function rowFields(procedure: ProcedureFacts): { field: string; foreign: string; isFirst: boolean }[] {
  const schema = inputSchema(procedure);
  if (schema === null) return [];
  return Object.keys(schema.fields).flatMap((field) => {
    const rows = victim.rows[entityOf(procedure.path, field) ?? ''] ?? [];
    const isNew = field === 'id' && !schema.required.has(field);
    return isNew ? [] : rows.map(({ id }, index) => ({ field, foreign: id, isFirst: index === 0 }));
  });
}

/** The same call about the victim's row, about none, and about what is no id at all. */
function threeOf(least: Fields | undefined, { field, foreign }: { field: string; foreign: string }) {
  const about = (id: string) => ({ ...least, [field]: id });
  return { foreign: about(foreign), random: about(randomUUID()), malformed: malformed.map(about) };
}

function waysOf(procedure: ProcedureFacts) {
  return transports.filter(([name]) => name === 'tRPC' || routeOf(procedure.path) !== undefined);
}

describe.each(guarded)('$path', (procedure) => {
  test('refuses callers without access, with the same bytes for existing, foreign and unknown ids', async () => {
    const [least] = validInputs(procedure, stranger);
    const fields = rowFields(procedure).filter(({ isFirst }) => isFirst);
    const inputs = [least, ...fields.flatMap((field) => Object.values(threeOf(least, field)).flat())];
    for (const [way, transport] of waysOf(procedure)) {
      for (const [who, token] of closed) {
        const answers: string[] = [];
        for (const input of inputs) {
          const answer = await ask(transport, { procedure, input, tokens: bearer(token) });
          expect(answer, `${way}, ${who}`).toMatchObject({ status: 401, outcome: { code: 'UNAUTHENTICATED' } });
          answers.push(answer.text);
        }
        expect(new Set(answers).size, `${way}, ${who}: ${answers.join('\n')}`).toBe(1);
      }
    }
  });

  test("neither reveals nor changes another user's rows", async () => {
    const before = await effectsIn(house, victim);
    const me = procedure.meta.access === 'admin' ? administrator : stranger;
    const [least] = validInputs(procedure, me);
    for (const [way, transport] of waysOf(procedure)) {
      for (const field of rowFields(procedure)) {
        if (entityOf(procedure.path, field.field) === 'user') continue;
        const three = threeOf(least, field);
        const foreign = await ask(transport, { procedure, input: three.foreign, tokens: me.person });
        const random = await ask(transport, { procedure, input: three.random, tokens: me.person });
        const without = (text: string) =>
          text.replaceAll(field.foreign, '<id>').replaceAll(String(three.random[field.field]), '<id>');
        expect(without(foreign.text), `${way}, ${field.field}`).toBe(without(random.text));
        expect(foreign.status).toBe(random.status);
        for (const input of field.isFirst ? three.malformed : []) {
          const answer = await ask(transport, { procedure, input, tokens: me.person });
          expect([400, 404], `${way}, ${field.field}: ${answer.text}`).toContain(answer.status);
        }
      }
    }
    expect(await effectsIn(house, victim)).toEqual(before);
  });
});

describe.each(procedures.filter(({ inputs }) => inputs.length > 0))('$path', (procedure) => {
  test('ignores {"role":"admin","userId":"…"} in its input', async () => {
    const me = stranger;
    const [least] = validInputs(procedure, me);
    const before = await Promise.all([effectsIn(house, victim), effectsIn(house, me)]);
    for (const [way, transport] of waysOf(procedure)) {
      for (const more of [
        { role: 'admin' },
        { userId: victim.person.id },
        { user_id: victim.person.id, isAdmin: true },
      ]) {
        const isField = Object.keys(more).some((name) => name in (inputSchema(procedure)?.fields ?? {}));
        if (isField) continue;
        const answer = await ask(transport, { procedure, input: { ...least, ...more }, tokens: me.person });
        const expected = procedure.meta.access === 'admin' ? [400, 403] : [400, 403, 429];
        expect(expected, `${way}: ${answer.text}`).toContain(answer.status);
      }
    }
    expect(await Promise.all([effectsIn(house, victim), effectsIn(house, me)])).toEqual(before);
  });
});

test('every procedure declares who may call it, and the scope that an API key needs', () => {
  for (const { path, meta } of procedures) {
    expect(['public', 'authed', 'fresh', 'admin'], path).toContain(meta.access);
    if (meta.scope === undefined) continue;
    expect(scopes, path).toContain(meta.scope);
    expect(['public', 'fresh'], `${path}: a key cannot be asked for a scope there`).not.toContain(meta.access);
  }
});
