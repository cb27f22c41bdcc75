import type { GuessLimiter } from '../rate-limits/guesses.ts';
import type { Site } from '../runtime/site.ts';
import { countMail } from './count-mail.ts';
import type { Mailer } from './mailer.ts';
import type { Mail } from './mails.ts';
import { oneLine, requireOneAddress } from './plain-text.ts';
import { renderHtml, renderText } from './render.ts';
import { contentOf } from './templates.ts';

/**
 * Renders a mail and sends it, unless a rate limit is reached. Throws if the mailer fails or the address is invalid; such
 * a mail does not use up the limit.
 */
export async function sendMail(
  deps: { readonly site: Site; readonly guesses: GuessLimiter },
  mailer: Mailer,
  { id, data: mail }: { readonly id: string; readonly data: Mail },
): Promise<void> {
  const { site } = deps;
  const counted = await countMail(deps, mail);
  if (counted === null) return;
  try {
    const content = contentOf(mail, site);
    await mailer.send({
      id,
      kind: mail.kind,
      to: { name: content.name ?? '', address: requireOneAddress(mail.to) },
      subject: oneLine(content.subject),
      text: renderText(content, site),
      html: renderHtml(content, site),
    });
  } catch (error) {
    await counted.giveBack();
    throw error;
  }
}
