import { createTransport } from 'nodemailer';
import type { Mailbox } from '../env.ts';
import type { ClosableMailer } from './create-mailer.ts';
import { toMessage } from './to-message.ts';

const timeoutMs = 10_000;
/** The timeout of a whole mail: shorter than that of a job, so that no earlier attempt is still running at a retry. */
const wholeTimeoutMs = 15_000;
const local: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Sends by SMTP over a few persistent connections. Certificates are verified; passwords are never sent unencrypted. */
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
    // A server that has got the whole mail may take long to confirm: a short timeout would send the mail twice.
    socketTimeout: sendMs,
    dnsTimeout: timeoutMs,
    // A mail that was given up must not arrive later: nothing more is sent on its connection.
    socketCloseTimeout: 0,
  });
  // An idle connection that breaks is replaced; without a listener, the error would end the process.
  transport.on('error', () => undefined);
  return {
    async send(mail) {
      // Closes the connection of the mail: with only a timer, the mail could still arrive.
      await transport.sendMail({ ...toMessage(mail, from), signal: AbortSignal.timeout(sendMs) });
    },
    close: () => transport.close(),
  };
}
