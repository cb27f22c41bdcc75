type Fetch = typeof globalThis.fetch;

/**
 * `fetch` for a cookie session: sends cookies, and the header that requests them, which foreign pages cannot send
 * unless the server lists their origin.
 */
export function withCookies(fetch: Fetch): Fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('x-alice-session', 'cookie');
    return fetch(input, { ...init, headers, credentials: 'include' });
  };
}
