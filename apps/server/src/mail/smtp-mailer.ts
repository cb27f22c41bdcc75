import { createTransport } from 'nodemailer';
import type { Mailbox } from '../env.ts';
import type { ClosableMailer } from './create-mailer.ts';
import { toMessage } from './to-message.ts';

const timeoutMs = 10_000;
/** Of a whole mail: less than a job may take, so that one that is tried again is not still under way. */
const wholeTimeoutMs = 15_000;
const local: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Sends by SMTP, over a few connections that stay open. Certificates are checked; a password never goes in the clear. */
export function createSmtpMailer(mailUrl: string, from: Mailbox, sendMs = wholeTimeoutMs): ClosableMailer {
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
    // One that has the whole mail may take its time to say so: asked too soon, it would get the mail again.
    socketTimeout: sendMs,
    dnsTimeout: timeoutMs,
    // A mail that is given up is not to arrive all the same: nothing more is sent on its connection.
    socketCloseTimeout: 0,
  });
  // A connection that breaks while it waits for its next mail is replaced; without a listener it would end the process.
  transport.on('error', () => undefined);
  return {
    async send(mail) {
      // It closes the connection that the mail is on: a race against a timer would leave it to arrive.
      await transport.sendMail({ ...toMessage(mail, from), signal: AbortSignal.timeout(sendMs) });
    },
    close: () => transport.close(),
  };
}
