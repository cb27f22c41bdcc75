import { isRecord, parseJson } from './foreign-reply.ts';

/** What a JWT says; nothing where it is none that we can read. Its signature is the server's to check. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  try {
    const [, payload = ''] = token.split('.');
    const claims = parseJson(atob(payload.replaceAll('-', '+').replaceAll('_', '/')));
    return isRecord(claims) ? claims : {};
  } catch {
    return {};
  }
}

/** The id of the person whose token it is; undefined where it does not say. */
export function personOf(accessToken: string | undefined): string | undefined {
  const { sub } = accessToken === undefined ? {} : claimsOf(accessToken);
  return typeof sub === 'string' ? sub : undefined;
}
