import type { Deps } from '../deps.ts';
import type { Job } from '../jobs/create-job-queue.ts';
import type { Mailer } from './mailer.ts';
import type { Mail } from './mails.ts';
import { oneLine, requireOneAddress } from './plain-text.ts';
import { renderHtml, renderText } from './render.ts';
import { contentOf } from './templates.ts';

/** Writes a mail and hands it over. Throws when the mailer does, and for an address that is none. */
export async function sendMail(
  { site }: Pick<Deps, 'site'>,
  mailer: Mailer,
  { id, data: mail }: Job<Mail>,
): Promise<void> {
  const content = contentOf(mail, site);
  await mailer.send({
    id,
    kind: mail.kind,
    to: { name: content.name ?? '', address: requireOneAddress(mail.to) },
    subject: oneLine(content.subject),
    text: renderText(content, site),
    html: renderHtml(content, site),
  });
}
