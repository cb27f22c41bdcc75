import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log, OutgoingMail } from '@alice/api';
import { createTransport } from 'nodemailer';
import type { Mailbox } from '../env.ts';
import type { ClosableMailer } from './create-mailer.ts';
import { toMessage } from './to-message.ts';

const mostFiles = 1000;

/** Writes each mail to a file in the directory, in the standard format (RFC 5322); the latest 1,000 are kept. */
export function createFileMailer(directory: string, from: Mailbox, log: Log): ClosableMailer {
  const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows' });
  return {
    async send(mail) {
      const { message } = await transport.sendMail(toMessage(mail, from));
      await mkdir(directory, { recursive: true, mode: 0o700 });
      const file = join(directory, nameOf(mail));
      const draft = `${file}.draft`;
      await writeFile(draft, message, { mode: 0o600 });
      // Written completely or not at all. A job that runs again writes the same file.
      await rename(draft, file);
      log.info({ file, kind: mail.kind }, 'MAIL_URL is not set: the mail was written to a file');
      await removeOldest(directory);
    },
    close: () => transport.close(),
  };
}

/** Starts with the time when the job was queued (from its id), so that names sort by time. */
function nameOf({ id, kind }: OutgoingMail): string {
  const sentAt = new Date(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));
  return `${sentAt.toISOString().replaceAll(/[:.]/g, '-')}-${kind}-${id.slice(-12)}.eml`;
}

async function removeOldest(directory: string): Promise<void> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.eml')).sort();
  for (const name of names.slice(0, -mostFiles)) await rm(join(directory, name), { force: true });
}
