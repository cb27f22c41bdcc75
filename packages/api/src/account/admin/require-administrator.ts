import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';

/** Throws FORBIDDEN if the user is not an administrator at this moment. */
export async function requireAdministrator({ deps, user }: UserContext): Promise<void> {
  const account = await deps.db.prisma.user.findFirst({ where: { id: user.id }, select: { role: true } });
  if (account?.role !== 'admin') throw new DomainError('FORBIDDEN', 'Administrator role required');
}
