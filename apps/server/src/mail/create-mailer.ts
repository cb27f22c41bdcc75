import { join } from 'node:path';
import type { Log, Mailer } from '@alice/api';
import type { Settings } from '../env.ts';
import { createFileMailer } from './file-mailer.ts';
import { createSmtpMailer } from './smtp-mailer.ts';

export type MailSettings = Pick<Settings, 'mailUrl' | 'mailFrom' | 'dataDir'>;

export interface ClosableMailer extends Mailer {
  close(): void;
}

export function createMailer({ mailUrl, mailFrom, dataDir }: MailSettings, log: Log): ClosableMailer {
  if (mailUrl === null) return createFileMailer(join(dataDir, 'mail'), mailFrom, log);
  return createSmtpMailer(mailUrl, mailFrom);
}
