import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';

/** Throws CONFLICT if this is the user's Inbox. The database refuses it, too (`lists_inbox_check`). */
export function refuseInbox({ user }: UserContext, id: string, what: 'archived' | 'deleted'): void {
  if (id === user.id) throw new DomainError('CONFLICT', `The Inbox cannot be ${what}`);
}
