import type { OutgoingMail } from '@alice/api';
import type { SendMailOptions } from 'nodemailer';
import type { Mailbox } from '../env.ts';

/** A mail as nodemailer takes it. Its Message-ID tells a mail that came twice from two mails. */
export function toMessage({ id, to, subject, text, html }: OutgoingMail, from: Mailbox): SendMailOptions {
  return {
    from: { ...from },
    to,
    subject,
    text,
    html,
    messageId: `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`,
    headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
    // Texts are texts: nothing in them is a file or an address to read.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}
