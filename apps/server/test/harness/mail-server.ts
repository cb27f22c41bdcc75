import type { AddressInfo } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

export interface ReceivedMail {
  readonly recipients: readonly string[];
  readonly raw: string;
  readonly parsed: ParsedMail;
}

export interface MailServer extends AsyncDisposable {
  /** For MAIL_URL. */
  readonly url: string;
  readonly port: number;
  readonly received: readonly ReceivedMail[];
}

interface MailServerOptions {
  /** 0: one of its own choice. */
  readonly port?: number;
  /** Refuses every mail for now (451). */
  readonly refuses?: boolean;
  /** TLS from the first byte, with a certificate that nobody vouches for. */
  readonly isSecure?: boolean;
}

/** A real SMTP server that keeps what it gets. */
export async function startMailServer(options: MailServerOptions = {}): Promise<MailServer> {
  const { port = 0, refuses = false, isSecure = false } = options;
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    secure: isSecure,
    authOptional: true,
    disabledCommands: isSecure ? [] : ['STARTTLS', 'AUTH'],
    onData(stream, session, callback) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (refuses) {
          callback(Object.assign(new Error('not now'), { responseCode: 451 }));
          return;
        }
        const raw = Buffer.concat(chunks);
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        simpleParser(raw).then(
          (parsed) => {
            received.push({ recipients, raw: raw.toString('utf8'), parsed });
            callback();
          },
          (error: Error) => callback(error),
        );
      });
    },
  });
  // A client that hangs up, or does not like the certificate, is no failure of ours.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(port, '127.0.0.1', resolve);
  });
  // The guarantee: it listens on a port, not on a pipe.
  const address = server.server.address() as AddressInfo;
  return {
    url: `${isSecure ? 'smtps' : 'smtp'}://127.0.0.1:${address.port}`,
    port: address.port,
    received,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => {
        server.close(resolve);
      });
    },
  };
}
