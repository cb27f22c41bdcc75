import { DomainError } from '../../errors/domain-error.ts';
import type { Attempt, Guess, GuessLimiter } from '../rate-limits/guesses.ts';
import type { Mail, MailContent } from './mails.ts';

/** Mails that somebody asked for were counted when they did. */
const askedFor: ReadonlySet<MailContent['kind']> = new Set([
  'verify-email',
  'reset-password',
  'change-email-from',
  'change-email-to',
]);

/**
 * Counts a mail that its reader did not ask for: of each kind ten an hour go to one address, and once a day that somebody
 * wanted an account with it. So a flood of one kind fills no mailbox and hides no other. It is counted when it is sent,
 * and not in the transaction that it tells of, which must not wait for Redis. Null: it is one too many.
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
