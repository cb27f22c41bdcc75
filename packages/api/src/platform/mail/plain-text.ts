/** Line ends and other controls; marks that turn the direction of what follows, so that a text reads as another. */
const treacherous = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu;

/** A person's text on one line, at most `longest` characters long: it can neither end a header nor look like our words. */
export function oneLine(text: string, longest = 200): string {
  const line = text.toWellFormed().replace(treacherous, ' ').trim();
  const characters = [...line];
  return characters.length <= longest ? line : `${characters.slice(0, longest - 1).join('')}…`;
}

const address = /^[^\s\p{Cc}<>()[\]\\,;:@"]+@[^\s\p{Cc}<>()[\]\\,;:@"]+$/u;

/** Throws unless it is one address and nothing else. */
export function requireOneAddress(text: string): string {
  if (!address.test(text)) throw new Error('not an e-mail address');
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

/** An instant for people: `4 March 2026 at 10:00 UTC`. */
export function instantText(iso: string): string {
  return `${instantFormat.format(new Date(iso))} UTC`;
}

const instantFormat = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
