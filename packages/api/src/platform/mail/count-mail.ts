import { DomainError } from '../../errors/domain-error.ts';
import type { Attempt, Guess, GuessLimiter } from '../rate-limits/guesses.ts';
import type { Mail, MailContent } from './mails.ts';

/** Mails that a user requested: they were counted at the request. */
const askedFor: ReadonlySet<MailContent['kind']> = new Set([
  'verify-email',
  'reset-password',
  'change-email-from',
  'change-email-to',
]);

/**
 * Counts a mail that its recipient did not request: at most ten per hour of each kind to one address, and one `address-taken`
 * per day. So a flood of one kind cannot fill a mailbox or hide other kinds. It is counted when it is sent, since the
 * transaction that it reports must not wait for Redis. Null: the limit is reached.
 */
export async function countMail({ guesses }: { readonly guesses: GuessLimiter }, mail: Mail): Promise<Attempt | null> {
  const guess = guessOf(mail);
  if (guess === null) return { giveBack: async () => undefined };
  try {
    return await guesses.count(guess);
  } catch (error) {
    if (error instanceof DomainError && error.code === 'TOO_MANY_REQUESTS') return null;
    throw error;
  }
}

function guessOf({ kind, to }: Mail): Guess | null {
  if (askedFor.has(kind)) return null;
  if (kind === 'address-taken') return { kind: 'notice', address: null, account: to };
  return { kind: 'account-notice', address: null, account: `${kind} ${to}` };
}
