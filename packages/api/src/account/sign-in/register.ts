import { databaseFault } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { StartContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { sendAddressTaken } from '../email/send-address-taken.ts';
import { sendVerification } from '../email/send-verification.ts';
import { requireGoodPassword } from '../passwords/password-rules.ts';
import { createAccount } from '../profile/create-account.ts';
import { toUser } from '../profile/to-user.ts';
import { requireSecondFactor } from '../second-factor/require-second-factor.ts';
import { insertSession, prepareSession, repeatStart } from '../sessions/start-session.ts';
import { findAccountOf } from './find-account.ts';
import type { RegisterInput, SignedInOut } from './schemas.ts';

/**
 * Creates an account, signs it in and sends a verification mail. Throws CONFLICT if the address has an account, whose
 * owner is notified; TOO_MANY_REQUESTS, so that nobody can probe many addresses; BUSY if the hashing queue is full.
 */
export async function register(ctx: StartContext, input: RegisterInput): Promise<SignedInOut> {
  const { deps, request } = ctx;
  const { password, ...profile } = input;
  const place = { path: 'password', siteName: deps.site.name } as const;
  await requireGoodPassword(password, { ...profile, hasSecondFactor: false }, place);
  await deps.guesses.count({ kind: 'register', address: request.address, account: null });
  const passwordHash = await deps.passwords.hash(password);
  const id = uuidv7();
  const session = await prepareSession(ctx, id);
  try {
    return await deps.db.transaction(async ({ query }) => {
      const user = await createAccount(ctx, { id, passwordHash, ...profile }, query);
      const tokens = await insertSession(ctx, session, 'register', query);
      await sendVerification(ctx, user, query);
      return { user, tokens };
    });
  } catch (error) {
    const fault = databaseFault(error);
    if (fault?.kind !== 'unique' || fault.constraint !== 'users_email_key') throw error;
    const repeated = await repeatRegistration(ctx, input);
    if (repeated !== null) return repeated;
    await sendAddressTaken(deps, input.email, deps.db.query);
    const message = 'An account with this email address already exists';
    throw new DomainError('CONFLICT', message, { errors: [{ path: 'email', message }], cause: error });
  }
}

/** The stored result if this repeats the registration that created the account; null for a different request. */
async function repeatRegistration(ctx: StartContext, { email, password }: RegisterInput): Promise<SignedInOut | null> {
  if (ctx.start === null) return null;
  const { db, passwords } = ctx.deps;
  const account = await findAccountOf(email, db.query);
  if (account === undefined) return null;
  // Check the idempotency key first: a different request would otherwise be an uncounted password attempt.
  const tokens = await repeatStart(ctx, account.id);
  if (tokens === null || !(await passwords.verify(account.passwordHash, password))) return null;
  // The account may have got a second factor since: a repeated response must not bypass it.
  await requireSecondFactor(ctx, account, 'sign-in');
  return { user: toUser(account), tokens };
}
