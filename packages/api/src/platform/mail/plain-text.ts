/** Line ends and other control characters, and marks that change the text direction and could disguise a text. */
const treacherous = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/** A user's text on one line of at most `longest` characters: it can neither end a header nor imitate our text. */
export function oneLine(text: string, longest = 200): string {
  const line = text.toWellFormed().replace(treacherous, ' ').trim();
  const characters = [...line];
  return characters.length <= longest ? line : `${characters.slice(0, longest - 1).join('')}…`;
}

const address = /^[^\s\p{Cc}<>()[\]\\,;:@"]+@[^\s\p{Cc}<>()[\]\\,;:@"]+$/u;

/** Returns the text. Throws unless it is exactly one email address. */
export function requireOneAddress(text: string): string {
  if (!address.test(text)) throw new Error('not an email address');
  return text;
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** For HTML, between tags and within quoted attributes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** An instant for readers: `4 March 2026 at 10:00 UTC`. */
export function instantText(iso: string): string {
  return `${instantFormat.format(new Date(iso))} UTC`;
}

const instantFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
