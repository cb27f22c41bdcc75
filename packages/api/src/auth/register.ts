import { databaseFault } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { createAccount } from '../users/create-account.ts';
import type { RegisterInput, SignedInOut } from './schemas.ts';
import { startSession } from './start-session.ts';

/** Makes an account and signs it in. Throws CONFLICT when the address has one, BUSY when too many sign up at once. */
export async function register(ctx: Context, input: RegisterInput): Promise<SignedInOut> {
  const { password, ...profile } = input;
  const passwordHash = await ctx.deps.passwords.hash(password);
  const id = uuidv7();
  try {
    return await ctx.deps.db.transaction(async (tx) => {
      const user = await createAccount(ctx, { id, passwordHash, ...profile }, tx.query);
      return { user, tokens: await startSession(ctx, id, 'register', tx.query) };
    });
  } catch (error) {
    const fault = databaseFault(error);
    if (fault?.kind !== 'unique' || fault.constraint !== 'users_email_key') throw error;
    const message = 'There is already an account with this address';
    throw new DomainError('CONFLICT', message, { errors: [{ path: 'email', message }], cause: error });
  }
}
