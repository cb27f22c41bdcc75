import type { RunQuery } from '@alice/db';
import type { Mail, Notice } from './mails.ts';

/** The part of the job queue that accepts mails. */
interface MailQueue {
  send(name: 'mail', mail: Mail, options: { readonly query: RunQuery }): Promise<void>;
}

/** The recipient of a mail. */
export interface MailedAccount {
  readonly email: string;
  readonly name: string;
  readonly emailVerifiedAt: string | null;
}

/**
 * Notifies the owner of an account by mail, if the transaction of `query` commits. Sends nothing to an unverified address:
 * an attacker could register it and flood a stranger's mailbox with chosen words. Mails above the rate limit
 * (`count-mail.ts`) are dropped silently.
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

/** The name for a mail that is sent even to an unverified address: null in that case. */
export function shownName({ name, emailVerifiedAt }: MailedAccount): string | null {
  return emailVerifiedAt === null ? null : name;
}
