import type { Site } from '../runtime/site.ts';
import type { MailAction, MailText } from './mail-text.ts';
import { escapeHtml } from './plain-text.ts';

/** The plain text part. */
export function renderText({ name, before, action, after }: MailText, site: Site): string {
  const parts = [
    greeting(name),
    ...before,
    ...(action === undefined ? [] : [`${action.label}:\n${action.url}`]),
    ...after,
    ...(action?.token === undefined ? [] : [`The token, for programs:\n${action.token}`]),
    `-- \n${site.name} (${site.url})`,
  ];
  return `${parts.join('\n\n')}\n`;
}

/** The HTML part: no images, no scripts, no external resources. */
export function renderHtml({ subject, name, before, action, after }: MailText, site: Site): string {
  const body = [
    paragraph(greeting(name)),
    ...before.map(paragraph),
    ...(action === undefined ? [] : [button(action)]),
    ...after.map(paragraph),
    ...(action?.token === undefined ? [] : [tokenAlone(action.token)]),
    `<p style="${small}">${escapeHtml(site.name)} (${escapeHtml(site.url)})</p>`,
  ];
  return `<!doctype html>
<html lang="en" dir="ltr">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:24px;font-family:system-ui,sans-serif;font-size:16px;line-height:1.5">
<div style="max-width:560px;margin:0 auto">
${body.join('\n')}
</div>
</body>
</html>
`;
}

const small = 'font-size:14px;opacity:0.75';
const buttonStyle =
  'display:inline-block;padding:10px 18px;border-radius:6px;background:#1d4ed8;color:#ffffff;text-decoration:none';

function greeting(name: string | null): string {
  return name === null || name === '' ? 'Hello,' : `Hello ${name},`;
}

function paragraph(text: string): string {
  return `<p dir="auto">${escapeHtml(text)}</p>`;
}

function button({ label, url }: MailAction): string {
  const href = escapeHtml(url);
  return `<p><a href="${href}" style="${buttonStyle}">${escapeHtml(label)}</a></p>`;
}

function tokenAlone(token: string): string {
  return `<p style="${small}">The token, for programs:<br><code style="word-break:break-all">${escapeHtml(token)}</code></p>`;
}
