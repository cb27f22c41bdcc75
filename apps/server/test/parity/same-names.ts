import type { World } from './world.ts';

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const token = /^eyJ[\w-]+\.([\w-]+)\.[\w-]+$/;
/** The database's own clock, which cannot be stopped. */
const ofTheDatabase = new Set(['ended_at', 'disabled_at', 'endedAt', 'disabledAt']);
/** Random, or made from what is. */
const secrets = new Set([
  'ticket',
  'passkey',
  'response',
  'recoveryCode',
  'recoveryCodes',
  'secret',
  'uri',
  'challenge',
  'key',
  'hint',
  'hash',
  'token',
]);

/**
 * Puts names in place of what differs from house to house: ids by what they are of, tokens by what they say, cursors by
 * where they point. All else stays, instants too, because the clocks stand.
 */
export function namer({ names }: World): (value: unknown) => unknown {
  const known = new Map(names);
  const nameOf = (id: string) => {
    const name = known.get(id) ?? `new ${known.size - names.size + 1}`;
    known.set(id, name);
    return `<${name}>`;
  };
  const rename = (value: unknown, key = ''): unknown => {
    if (secrets.has(key) && value !== null) return `<${key}>`;
    if (typeof value === 'string') return renameText(value, key);
    if (Array.isArray(value)) return value.map((item) => rename(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, rename(field, name)]));
  };
  const renameText = (text: string, key: string): unknown => {
    if (ofTheDatabase.has(key)) return '<now>';
    if (key === 'code' && /^\d{6}$/.test(text)) return '<code>';
    const claims = token.exec(text)?.[1];
    if (claims !== undefined) return rename({ ...decoded(claims), jti: undefined });
    const id = idIn(text);
    if (id !== null && known.has(id)) return nameOf(id);
    if (/cursor$/i.test(key)) return { cursor: rename(decoded(text)) };
    return text.replace(uuid, nameOf);
  };
  return rename;
}

/** The id that WebAuthn writes as bytes in base64url; null where it is something else. */
function idIn(text: string): string | null {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length !== 16 || text.length !== 22) return null;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The guarantee: what is no JSON in base64url fails the test. */
function decoded(text: string): object {
  return JSON.parse(Buffer.from(text, 'base64url').toString());
}
