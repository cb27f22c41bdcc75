import type { RunQuery } from '@alice/db';
import type { Mail } from '../mail/mails.ts';

/** What can be put off, and what each needs to be done. All of it is JSON. */
export interface JobData {
  /** Sends a mail. */
  readonly mail: Mail;
  /** Notes in the history of the account, if there is one with this address, what was shown in vain to get into it. */
  readonly 'failed-sign-in': {
    readonly email: string;
    /** What failed, where it is not the password. */
    readonly action?: 'second_factor_failed' | 'passkey_cloned';
    /** The passkey that it is about, and the session that it came with; without one it is about a sign-in. */
    readonly passkey?: { readonly id: string; readonly sessionId: string };
    readonly address: string | null;
    readonly userAgent: string | null;
    /** ISO 8601. */
    readonly at: string;
  };
  /** Mails the link to set a password anew, if there is an account with this address. */
  readonly 'password-reset': { readonly email: string };
}

export type JobName = keyof JobData;

export interface JobOptions {
  /** Of a transaction: the job is there if and only if that commits. */
  readonly query?: RunQuery | undefined;
  /** Not before. */
  readonly startAfter?: Date;
}

/** Work that is done after the reply, by whichever process has time, once, and again when it fails. */
export interface JobQueue {
  send<Name extends JobName>(name: Name, data: JobData[Name], options?: JobOptions): Promise<void>;
}
