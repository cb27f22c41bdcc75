import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OutgoingMail } from '@alice/api';
import { testLog } from '@alice/api/testing';
import { simpleParser } from 'mailparser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startMailServer } from '../../test/harness/mail-server.ts';
import { createMailer } from './create-mailer.ts';
import { createSmtpMailer } from './smtp-mailer.ts';

const mailFrom = { name: 'ALICE, "the" one', address: 'alice@example.com' };
const outgoing = (more: Partial<OutgoingMail> = {}): OutgoingMail => ({
  id: `01a211a8-826a-713c-b7f4-${randomBytes(6).toString('hex')}`,
  kind: 'verify-email',
  to: { name: 'Ada Lovelace', address: 'ada@example.com' },
  subject: 'Confirm your address — now',
  text: 'Hello,\n\n.\nFrom here on: ä 漢\n',
  html: '<p>Hello</p>',
  ...more,
});

let dataDir: string;
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'alice-mail-'));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

describe('without MAIL_URL', () => {
  it('writes an email to a file that mail programs can open, readable only by its owner, and logs its path', async () => {
    const log = testLog();
    const mail = outgoing();
    await createMailer({ mailUrl: null, mailFrom, dataDir }, log).send(mail);
    const directory = join(dataDir, 'mail');
    const [name = '', ...others] = await readdir(directory);
    expect(others).toEqual([]);
    expect(name).toMatch(/^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z-verify-email-[0-9a-f]{12}\.eml$/);
    const file = join(directory, name);
    expect(log.lines).toMatchObject([{ fields: { file, kind: 'verify-email' } }]);
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const parsed = await simpleParser(await readFile(file));
    expect(parsed).toMatchObject({ subject: mail.subject, messageId: `<${mail.id}@example.com>` });
    expect(parsed.text?.trim()).toBe(mail.text.trim());
    expect(parsed.html).toBe(mail.html);
    expect(parsed.from?.value).toEqual([mailFrom]);
    expect(parsed.to).toMatchObject({ value: [mail.to] });
  });

  it('writes an email that is sent again to the same file', async () => {
    const mailer = createMailer({ mailUrl: null, mailFrom, dataDir }, testLog());
    const mail = outgoing();
    await mailer.send(mail);
    await mailer.send(mail);
    expect(await readdir(join(dataDir, 'mail'))).toHaveLength(1);
  });

  it('keeps the latest thousand files', async () => {
    const mailer = createMailer({ mailUrl: null, mailFrom, dataDir }, testLog());
    await mailer.send(outgoing());
    const old = Array.from(
      { length: 1100 },
      (_, index) => `2020-01-01T00-00-00-${String(index).padStart(4, '0')}Z-x.eml`,
    );
    await Promise.all(old.map((name) => writeFile(join(dataDir, 'mail', name), '')));
    await mailer.send(outgoing());
    const names = (await readdir(join(dataDir, 'mail'))).sort();
    expect(names).toHaveLength(1000);
    expect(names.slice(0, 998)).toEqual(old.slice(-998));
  });
});

describe('with MAIL_URL', () => {
  it('delivers an email with both parts, and with only our own text in its headers', async () => {
    await using server = await startMailServer();
    const mailer = createMailer({ mailUrl: server.url, mailFrom, dataDir }, testLog());
    const name = 'Eve\r\nBcc: eve@example.com\r\n\r\n<script>\u202e, "x" <x@example.com>';
    const mail = outgoing({ to: { name, address: 'ada@example.com' }, subject: 'Hi\r\nX-Evil: yes' });
    await mailer.send(mail);
    mailer.close();
    expect(server.received).toHaveLength(1);
    const [{ recipients, raw, parsed } = never()] = server.received;
    expect(recipients).toEqual(['ada@example.com']);
    expect([...parsed.headers.keys()].sort()).toEqual(
      [
        'auto-submitted',
        'content-type',
        'date',
        'from',
        'message-id',
        'mime-version',
        'subject',
        'to',
        'x-auto-response-suppress',
      ].sort(),
    );
    expect(parsed.to).toMatchObject({ value: [{ address: 'ada@example.com' }] });
    expect(parsed.messageId).toBe(`<${mail.id}@example.com>`);
    expect(parsed.text?.trim()).toBe(mail.text.trim());
    expect(parsed.html).toBe(mail.html);
    expect(raw).toMatch(/^Content-Type: multipart\/alternative/m);
  });

  it('gives up on a slow server, and the email is not delivered later', async () => {
    // It answers each line, just so late that all of them together are too many.
    await using server = await startSlowServer(200);
    const mailer = createSmtpMailer(server.url, mailFrom, 700);
    for (const _ of [1, 2]) await expect(mailer.send(outgoing())).rejects.toThrow();
    await sleep(1500);
    expect(server.open()).toBe(0);
    expect(server.delivered()).toBe(0);
    mailer.close();
    const patient = createSmtpMailer(server.url, mailFrom, 5000);
    await patient.send(outgoing());
    expect(server.delivered()).toBe(1);
    patient.close();
  });

  it('fails when the server is down, refuses the email, or has an untrusted certificate', async () => {
    const failing = async (mailUrl: string) => {
      const mailer = createMailer({ mailUrl, mailFrom, dataDir }, testLog());
      await expect(mailer.send(outgoing())).rejects.toThrow();
      mailer.close();
    };
    await failing('smtp://127.0.0.1:1');
    await using refusing = await startMailServer({ refuses: true });
    await failing(refusing.url);
    // TLS with a certificate of its own making: nobody vouches for it.
    await using secure = await startMailServer({ isSecure: true });
    await failing(secure.url);
    expect(secure.received).toEqual([]);
  });
});

/** An SMTP server that takes `delayMs` for each answer. */
async function startSlowServer(delayMs: number) {
  let delivered = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    const say = (line: string) => setTimeout(() => socket.writable && socket.write(`${line}\r\n`), delayMs);
    let isBody = false;
    let text = '';
    socket.write('220 slow\r\n');
    socket.on('data', (data) => {
      text += data.toString();
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const line = text.slice(0, end);
        text = text.slice(end + 2);
        if (isBody && line !== '.') continue;
        if (isBody) delivered += 1;
        isBody = line === 'DATA';
        say(isBody ? '354 go on' : '250 ok');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // The guarantee: it listens on a port, not on a pipe.
  const { port } = server.address() as AddressInfo;
  return {
    url: `smtp://127.0.0.1:${port}`,
    delivered: () => delivered,
    open: () => sockets.size,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function never(): never {
  throw new Error('no mail arrived');
}
