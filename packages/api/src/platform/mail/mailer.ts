import type { Mail } from './mails.ts';

/** A rendered mail: every text is complete and safe to use in a header. */
export interface OutgoingMail {
  /** The id of its job, a UUIDv7: a mail that is sent again after a crash has the same id. */
  readonly id: string;
  readonly kind: Mail['kind'];
  readonly to: { readonly name: string; readonly address: string };
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** Sends mails. */
export interface Mailer {
  /** Resolves when the mail was handed over; throws otherwise. */
  send(mail: OutgoingMail): Promise<void>;
}
