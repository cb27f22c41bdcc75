import type { OutgoingMail } from '@alice/api';
import type { SendMailOptions } from 'nodemailer';
import type { Mailbox } from '../env.ts';

/** A mail in nodemailer's format. The Message-ID identifies a mail that arrives twice. */
export function toMessage({ id, to, subject, text, html }: OutgoingMail, from: Mailbox): SendMailOptions {
  return {
    from: { ...from },
    to,
    subject,
    text,
    html,
    messageId: `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    // Texts are plain data: nodemailer must not read files or URLs from them.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
