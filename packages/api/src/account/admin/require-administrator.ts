import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';

const roleOf = { name: 'users.role', text: 'SELECT role FROM users WHERE id = $1' };

/** Throws FORBIDDEN if the user is not an administrator at this moment. */
export async function requireAdministrator({ deps, user }: UserContext): Promise<void> {
  const [account] = await deps.db.query<{ role: string }>(roleOf, [user.id]);
  if (account?.role !== 'admin') throw new DomainError('FORBIDDEN', 'Administrator role required');
}
