import { z } from 'zod';
import { timeZone } from '../../platform/schemas/time.ts';
import { email } from '../email/schemas.ts';
import { firstPassword, password, samplePassword } from '../passwords/schemas.ts';
import { user, userName } from '../profile/schemas.ts';
import { tokens } from '../sessions/schemas.ts';

const sample = { email: 'ada@example.com', password: samplePassword };

export const registerInput = z
  .strictObject({
    email,
    password: firstPassword,
    name: userName,
    timeZone: timeZone.default('UTC'),
  })
  .meta({ examples: [{ ...sample, name: 'Ada Lovelace', timeZone: 'Europe/Berlin' }] });

export const loginInput = z.strictObject({ email, password }).meta({ examples: [sample] });
export const confirmInput = z.strictObject({ password }).meta({ examples: [{ password: samplePassword }] });
export const done = z.object({ ok: z.literal(true) });
export const signedIn = z
  .object({ user, tokens })
  .meta({ id: 'SignedIn', description: 'The user and the tokens of a new session.' });

export type RegisterInput = z.output<typeof registerInput>;
export type LoginInput = z.output<typeof loginInput>;
export type ConfirmInput = z.output<typeof confirmInput>;
export type SignedInOut = z.input<typeof signedIn>;
