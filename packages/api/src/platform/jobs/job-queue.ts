import type { RunQuery } from '@alice/db';
import type { Mail } from '../mail/mails.ts';

/** The jobs and their data, in JSON. */
export interface JobData {
  /** Sends a mail. */
  readonly mail: Mail;
  /** Records a failed attempt in the security history of the account with this address, if there is one. */
  readonly 'failed-sign-in': {
    readonly email: string;
    /** What failed, if it was not the password. */
    readonly action?: 'second_factor_failed' | 'passkey_cloned';
    /** The passkey of the attempt, and its session; without a session it is a sign-in. */
    readonly passkey?: { readonly id: string; readonly sessionId: string };
    readonly address: string | null;
    readonly userAgent: string | null;
    /** ISO 8601. */
    readonly at: string;
  };
  /** Sends a password reset link, if there is an account with this address. */
  readonly 'password-reset': { readonly email: string };
}

export type JobName = keyof JobData;

export interface JobOptions {
  /** The query of a transaction: the job exists only if that commits. */
  readonly query?: RunQuery | undefined;
  /** The earliest start. */
  readonly startAfter?: Date;
}

/** Work after the response: run once by any process, and retried if it fails. */
export interface JobQueue {
  send<Name extends JobName>(name: Name, data: JobData[Name], options?: JobOptions): Promise<void>;
}
