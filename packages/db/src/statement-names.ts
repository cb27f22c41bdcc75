import { createHash } from 'node:crypto';

/**
 * Names for Prisma's statements, so that each is parsed and planned once per connection. The number of names is
 * limited: `IN ($1, …, $n)` has endless variants, and a prepared statement uses the server's memory as long as its
 * connection.
 */
export function statementNames(limit = 500): (query: { readonly sql: string }) => string {
  const names = new Map<string, string>();
  return ({ sql }) => {
    const known = names.get(sql);
    if (known !== undefined) return known;
    if (names.size >= limit) return ''; // an empty name is pg's unnamed statement
    const name = `prisma_${createHash('sha256').update(sql).digest('base64url').slice(0, 22)}`;
    names.set(sql, name);
    return name;
  };
}
