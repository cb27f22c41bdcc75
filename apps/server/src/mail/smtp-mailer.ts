import { createTransport } from 'nodemailer';
import type { Mailbox } from '../env.ts';
import type { ClosableMailer } from './create-mailer.ts';
import { toMessage } from './to-message.ts';

const timeoutMs = 10_000;
/** Less than a job may take, so that one that is tried again is not still under way. */
const wholeTimeoutMs = 15_000;
const local: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Sends by SMTP, over a few connections that stay open. Certificates are checked; a password never goes in the clear. */
export function createSmtpMailer(mailUrl: string, from: Mailbox): ClosableMailer {
  const url = new URL(mailUrl);
  const isSecure = url.protocol === 'smtps:';
  const hasPassword = url.username !== '';
  const transport = createTransport({
    pool: true,
    maxConnections: 2,
    maxRequeues: 1,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (isSecure ? 465 : 587) : Number(url.port),
    secure: isSecure,
    requireTLS: !isSecure && hasPassword && !local.has(url.hostname),
    ...(hasPassword
      ? { auth: { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } }
      : {}),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
  });
  // A connection that breaks while it waits for its next mail is replaced; without a listener it would end the process.
  transport.on('error', () => undefined);
  return {
    async send(mail) {
      const { promise: late, reject } = Promise.withResolvers<never>();
      const timer = setTimeout(() => reject(new Error('the mail server took too long')), wholeTimeoutMs);
      try {
        await Promise.race([transport.sendMail(toMessage(mail, from)), late]);
      } finally {
        clearTimeout(timer);
      }
    },
    close: () => transport.close(),
  };
}
