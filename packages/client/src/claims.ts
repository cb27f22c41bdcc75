import { isRecord, parseJson } from './foreign-reply.ts';

/** The claims of a JWT, without verification; empty if it cannot be parsed. The server checks the signature. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    const [, payload = ''] = token.split('.');
    const claims = parseJson(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return isRecord(claims) ? claims : {};
  } catch {
    return {};
  }
}

/** The user id of a token; undefined if it has none. */
export function personOf(accessToken: string | undefined): string | undefined {
  const { sub } = accessToken === undefined ? {} : claimsOf(accessToken);
  return typeof sub === 'string' ? sub : undefined;
}
