import { createJobHandlers } from '@alice/api';
import { callAs, codeAt, type recordedJobs, softAuthenticator } from '@alice/api/testing';
import type { House } from './house.ts';

/** Whom it is prepared for. */
interface Person {
  readonly id: string;
  readonly email: string;
  readonly password: string;
  readonly accessToken: string;
}

/** Rows of kinds that only some procedures are about, and values that stand ready for single fields. */
export interface Prepared {
  readonly rows: Readonly<Record<string, readonly { readonly id: string; readonly name: string }[]>>;
  /** By field; what is good for one use stands there as often as it is needed. */
  readonly values: Readonly<Record<string, readonly unknown[]>>;
}

type Recorded = ReturnType<typeof recordedJobs>;

/** Makes what a call of the procedure needs beside goals and tasks; with `*`, every kind of row. */
export async function prepare(house: House, person: Person, path: string): Promise<Prepared> {
  // Before a passkey guards the account: a sign-in needs the password alone.
  const sessions = await prepareSessions(house, person, path);
  const rows = {
    ...sessions,
    ...(await prepareKeys(house, person, path)),
    ...(await preparePasskeys(house, person, path)),
  };
  return { rows, values: await valuesFor(house, person, path) };
}

const isAbout = (path: string, feature: string) => path === '*' || path.startsWith(feature);

async function prepareKeys({ deps, clock }: House, { accessToken }: Person, path: string) {
  if (!isAbout(path, 'apiKeys.')) return {};
  const api = callAs(deps, accessToken);
  const { apiKey } = await api.apiKeys.create({ name: 'Backup', scopes: ['tasks:read'] });
  clock.advance({ seconds: 1 });
  await api.apiKeys.rename({ id: apiKey.id, name: 'Nightly backup' });
  clock.advance({ seconds: 1 });
  const { apiKey: other } = await api.apiKeys.create({ name: 'Import', scopes: ['tasks:write'], expiresInDays: 7 });
  return {
    apiKey: [
      { id: apiKey.id, name: 'key' },
      { id: other.id, name: 'other key' },
    ],
  };
}

async function prepareSessions({ deps }: House, { id, email, password }: Person, path: string) {
  if (path !== '*' && path !== 'auth.revokeSession') return {};
  const earlier = await deps.db.prisma.session.findFirstOrThrow({ where: { userId: id } });
  const { tokens } = await callAs(deps, null).auth.login({ email, password });
  const { sessionId } = await deps.tokens.verifyAccess(tokens.accessToken);
  return {
    session: [
      { id: sessionId, name: 'other session' },
      { id: earlier.id, name: 'session' },
    ],
  };
}

/** A passkey guards the account from then on, so only what is about passkeys finds one. */
async function preparePasskeys({ deps, clock }: House, { accessToken }: Person, path: string) {
  const needs = ['*', 'passkeys.list', 'passkeys.rename', 'passkeys.remove'];
  if (!needs.includes(path)) return {};
  const api = callAs(deps, accessToken);
  const rows: { id: string; name: string }[] = [];
  for (const name of ['Phone', 'Laptop']) {
    const response = softAuthenticator().create(await api.passkeys.registrationOptions());
    const { passkey } = await api.passkeys.register({ name, response });
    clock.advance({ seconds: 1 });
    rows.push({ id: passkey.id, name: `passkey ${name}` });
  }
  await api.passkeys.rename({ id: rows[0]?.id ?? '', name: 'Old phone' });
  return { passkey: rows };
}

async function valuesFor(house: House, person: Person, path: string): Promise<Prepared['values']> {
  const { deps } = house;
  const api = callAs(deps, person.accessToken);
  switch (path) {
    case 'auth.verifyEmail':
      return { token: [mailed(house, person, 'verify-email'), 'no token'] };
    case 'auth.resetPassword':
      await runJob(house, 'password-reset', person.email.toLowerCase());
      return { token: [mailed(house, person, 'reset-password'), 'no token'] };
    case 'auth.confirmEmailChange': {
      const email = `new-${person.email}`;
      await api.auth.requestEmailChange({ email });
      const to = mailed(house, { ...person, email }, 'change-email-to');
      return { token: [mailed(house, person, 'change-email-from'), to, 'no token'] };
    }
    case 'users.cancelDeletion':
      await api.users.requestDeletion();
      return {};
    case 'totp.confirm': {
      const { secret } = await api.totp.enroll();
      return { code: [codeAt(secret, house.clock.now()), '000000'] };
    }
    case 'totp.remove':
    case 'secondFactor.renewRecoveryCodes':
      await addApp(house, person);
      return {};
    case 'secondFactor.signIn':
      return factorValues(house, person, 'sign-in');
    case 'secondFactor.confirm':
      return factorValues(house, person, 'confirm');
    case 'passkeys.signIn':
    case 'passkeys.confirm': {
      const device = await addPasskey(house, person);
      const ask = path === 'passkeys.signIn' ? callAs(deps, null).passkeys.signInOptions : api.passkeys.confirmOptions;
      const answers: unknown[] = [];
      for (let use = 0; use < usesOfOne; use += 1) answers.push(answered(device.get(await ask())));
      return { response: answers };
    }
    case 'passkeys.register': {
      const answers: unknown[] = [];
      for (let use = 0; use < usesOfOne; use += 1) {
        answers.push(answered(softAuthenticator().create(await api.passkeys.registrationOptions())));
      }
      return { response: answers };
    }
    case 'sync.undoSince':
      return { madeBy: [(await deps.tokens.verifyAccess(person.accessToken)).sessionId] };
    default:
      return {};
  }
}

/** Inputs are made with the first value again and again: so often, and then the last stays. */
const usesOfOne = 12;

const answered = (answer: object) => ({ ...answer, authenticatorAttachment: 'platform' });

async function addApp({ deps, clock }: House, { accessToken }: Person) {
  const api = callAs(deps, accessToken);
  const { secret } = await api.totp.enroll();
  const { recoveryCodes } = await api.totp.confirm({ code: codeAt(secret, clock.now()) });
  clock.advance({ seconds: 30 });
  return { secret, recoveryCodes: recoveryCodes ?? [] };
}

async function addPasskey({ deps }: House, { accessToken }: Person) {
  const api = callAs(deps, accessToken);
  // Its answers may be given in any order.
  const device = softAuthenticator({ counter: null });
  await api.passkeys.register({ name: 'Phone', response: device.create(await api.passkeys.registrationOptions()) });
  return device;
}

/** Tickets, and each way to show a second factor. */
async function factorValues(house: House, person: Person, purpose: 'sign-in' | 'confirm'): Promise<Prepared['values']> {
  const { deps, clock } = house;
  const api = callAs(deps, person.accessToken);
  const { secret, recoveryCodes } = await addApp(house, person);
  const device = await addPasskey(house, person);
  const { email, password } = person;
  const tickets: unknown[] = [];
  const passkeys: unknown[] = [];
  for (let use = 0; use < usesOfOne; use += 1) {
    const attempt =
      purpose === 'sign-in' ? callAs(deps, null).auth.login({ email, password }) : api.auth.confirm({ password });
    tickets.push(await ticketIn(attempt));
    const ask = purpose === 'sign-in' ? callAs(deps, null).passkeys.signInOptions() : api.passkeys.confirmOptions();
    passkeys.push(answered(device.get(await ask)));
  }
  return { ticket: tickets, recoveryCode: recoveryCodes, passkey: passkeys, code: [codeAt(secret, clock.now())] };
}

async function ticketIn(attempt: Promise<unknown>): Promise<unknown> {
  try {
    await attempt;
  } catch (error) {
    // The guarantee: what is no such refusal has no ticket, and then no input is valid.
    return (error as { cause?: { details?: { ticket?: unknown } } }).cause?.details?.ticket;
  }
  throw new Error('no second factor was asked for');
}

/** The guarantee: a house keeps its jobs, as `testDeps` does unless told otherwise. */
const recorded = ({ deps }: House) => deps.jobs as Recorded;

/** The token of the latest mail of a kind. */
function mailed(house: House, { email }: Pick<Person, 'email'>, kind: string): string {
  const mail = recorded(house)
    .mailsTo(email.toLowerCase())
    .findLast((sent) => sent.kind === kind);
  if (mail === undefined || !('token' in mail)) throw new Error(`no mail ${kind} to ${email}`);
  return mail.token;
}

async function runJob({ deps }: House, name: 'password-reset', email: string): Promise<void> {
  const mailer = { send: async () => undefined };
  await createJobHandlers(deps, mailer)[name]({ id: 'parity', data: { email } });
}
