import type { Mail } from './mails.ts';

/** A mail as it is sent: every text is whole, and safe to put into a header. */
export interface OutgoingMail {
  /** Of the job that sends it, a UUIDv7: a mail that is sent again because a process was killed has the same. */
  readonly id: string;
  readonly kind: Mail['kind'];
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Hands mails over to whatever carries them. */
export interface Mailer {
  /** Resolves when the mail is in other hands; throws when it is not. */
  send(mail: OutgoingMail): Promise<void>;
}
