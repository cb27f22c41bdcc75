import type { RunQuery } from '@alice/db';
import type { Mail, Notice } from './mails.ts';

/** The part of the job queue that takes mails. */
interface MailQueue {
  send(name: 'mail', mail: Mail, options: { readonly query: RunQuery }): Promise<void>;
}

/** Whom a mail is for. */
export interface MailedAccount {
  readonly email: string;
  readonly name: string;
  readonly emailVerifiedAt: string | null;
}

/**
 * Tells the owner of an account by mail what happened to it, if the transaction of `query` commits. To an address that
 * nobody has shown to be theirs it sends nothing: whoever signed up with a stranger's could fill the stranger's mailbox,
 * with words of their own. What is more than the budget (`count-mail.ts`) is left out, and nothing fails for it.
 */
export async function sendNotice(
  { jobs }: { readonly jobs: MailQueue },
  { email, name, emailVerifiedAt }: MailedAccount,
  notice: Notice,
  query: RunQuery,
): Promise<void> {
  if (emailVerifiedAt === null) return;
  await jobs.send('mail', { to: email, name, ...notice }, { query });
}

/** The name for a mail that has to go out in any case: none where nobody has shown that the address is theirs. */
export function shownName({ name, emailVerifiedAt }: MailedAccount): string | null {
  return emailVerifiedAt === null ? null : name;
}
