import { databaseFault, type Rows } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import { selectRow, users } from '../changes/tables.ts';
import type { StartContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { createAccount } from '../users/create-account.ts';
import { toUser } from '../users/to-user.ts';
import type { RegisterInput, SignedInOut } from './schemas.ts';
import { repeatStart, startSession } from './start-session.ts';

/** Makes an account and signs it in. Throws CONFLICT when the address has one, BUSY when too many sign up at once. */
export async function register(ctx: StartContext, input: RegisterInput): Promise<SignedInOut> {
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
    const repeated = await repeatRegistration(ctx, input);
    if (repeated !== null) return repeated;
    const message = 'There is already an account with this address';
    throw new DomainError('CONFLICT', message, { errors: [{ path: 'email', message }], cause: error });
  }
}

/** What the registration that made this account was given, when this is the same request again; null when it is another. */
async function repeatRegistration(ctx: StartContext, { email, password }: RegisterInput): Promise<SignedInOut | null> {
  if (ctx.start === null) return null;
  const { db, passwords } = ctx.deps;
  const [account] = await db.query<Rows['users']>(findAccount, [email]);
  if (account === undefined || !(await passwords.verify(account.passwordHash, password))) return null;
  const tokens = await repeatStart(ctx, account.id);
  return tokens === null ? null : { user: toUser(account), tokens };
}

const findAccount = {
  name: 'auth.findAccount',
  text: `SELECT ${selectRow(users, 't')} FROM users t WHERE t.email = $1 AND t.disabled_at IS NULL`,
};
