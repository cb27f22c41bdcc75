import type { StartContext } from '../context.ts';
import { DomainError } from '../errors.ts';
import { toUser } from '../users/to-user.ts';
import type { LoginInput, SignedInOut } from './schemas.ts';
import { startSession } from './start-session.ts';

/**
 * Signs in with address and password. Throws INVALID_CREDENTIALS, the same for an unknown address, a wrong password and
 * a disabled account, and after the same work; BUSY when too many sign in at once.
 */
export async function login(ctx: StartContext, { email, password }: LoginInput): Promise<SignedInOut> {
  const { db, passwords } = ctx.deps;
  const account = await db.prisma.user.findUnique({ where: { email } });
  const isRight =
    account === null ? await passwords.verifyNobody(password) : await passwords.verify(account.passwordHash, password);
  if (account === null || !isRight || account.disabledAt !== null) throw new DomainError('INVALID_CREDENTIALS');

  if (passwords.isOutdated(account.passwordHash)) {
    const passwordHash = await passwords.hash(password);
    await db.prisma.user.update({ where: { id: account.id }, data: { passwordHash }, select: { id: true } });
  }
  const tokens = await startSession(ctx, account.id, 'login');
  const { createdAt, updatedAt, disabledAt, ...profile } = account;
  return {
    user: toUser({ ...profile, createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString(), disabledAt }),
    tokens,
  };
}
