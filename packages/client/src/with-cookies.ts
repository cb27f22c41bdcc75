type Fetch = typeof globalThis.fetch;

/**
 * `fetch` for a session in a cookie: cookies go along, and so does the header that asks for them, which no page of
 * another origin can send unless the server lists it.
 */
export function withCookies(fetch: Fetch): Fetch {
  return (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('x-alice-session', 'cookie');
    return fetch(input, { ...init, headers, credentials: 'include' });
  };
}
