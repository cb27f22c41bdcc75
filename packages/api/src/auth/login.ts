import type { Rows } from '@alice/db';
import { selectRow, users } from '../changes/tables.ts';
import type { StartContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { toUser } from '../users/to-user.ts';
import type { LoginInput, SignedInOut } from './schemas.ts';
import { startSession } from './start-session.ts';

const findAccount = { name: 'auth.account', text: `SELECT ${selectRow(users, 't')} FROM users t WHERE t.email = $1` };

/** Unless it was changed in the meantime: the same password, hashed with other parameters, is no change of the person's. */
const rehash = {
  name: 'auth.rehash',
  text: 'UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2',
};

/**
 * Signs in with address and password. Throws INVALID_CREDENTIALS, the same for an unknown address, a wrong password and
 * a disabled account, and after the same work; BUSY when too many sign in at once.
 */
export async function login(ctx: StartContext, { email, password }: LoginInput): Promise<SignedInOut> {
  const { db, passwords } = ctx.deps;
  const [account = null] = await db.query<Rows['users']>(findAccount, [email]);
  const isRight =
    account === null ? await passwords.verifyNobody(password) : await passwords.verify(account.passwordHash, password);
  if (account === null || !isRight || account.disabledAt !== null) throw new DomainError('INVALID_CREDENTIALS');

  if (passwords.isOutdated(account.passwordHash)) {
    const passwordHash = await passwords.hash(password);
    await db.query(rehash, [account.id, account.passwordHash, passwordHash]);
  }
  const tokens = await startSession(ctx, account.id, 'login');
  return { user: toUser(account), tokens };
}
