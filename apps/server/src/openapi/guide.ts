import { errorKinds } from '@alice/api';

const codes = Object.entries(errorKinds)
  .map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`)
  .join('\n');

/** What a reader of the reference should know before the first call; in Markdown. */
export function guide(server: string): string {
  return `Everything is plain HTTP and JSON.

## Three lines to start

\`\`\`sh
API=${server}/api/v1
TOKEN=$(curl -s $API/auth/register -H 'content-type: application/json' \\
  -d '{"email":"ada@example.com","password":"correct horse battery staple","name":"Ada"}' |
  sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
curl $API/tasks -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
  -d '{"title":"Pay the rent"}'
\`\`\`

An access token is good for 15 minutes. \`POST /api/v1/auth/refresh\` exchanges the refresh token for the next pair; each refresh token is good for one exchange.

## Replies

A success is \`{"data": …, "message": "Success", "timestamp": "…"}\`. Of a list, \`data\` is the array, and \`nextCursor\` stands beside it: hand it in as \`cursor\` for the next page; it is null on the last one. Rows that are inserted meanwhile neither double nor hide others.

Instants are ISO 8601 in UTC with milliseconds. Calendar dates are \`YYYY-MM-DD\` and have no zone. In a query, arrays are repeated (\`status=todo&status=in_progress\`) and objects are written with brackets (\`due[from]=2026-12-01\`). Replies may gain fields.

## Errors

A failure is \`application/problem+json\` (RFC 9457). Go by \`code\`; \`errors\` names each faulty field. Every response carries \`x-request-id\`, by which the server's log knows it.

| code | status | meaning |
|---|---|---|
${codes}

## Change without treading on others

Each row has a \`version\`. Reads carry an \`ETag\`; \`If-None-Match\` with it gives 304 while your copy is still right. \`If-Match\` with it on a write fails with 412 when the row has changed since, and says which fields are in conflict; \`*\`, or no such header, writes on any version.

## Send it again

Every change takes an \`Idempotency-Key\` of your choice (1 to 255 visible characters). The same request with the same key is done once, and answered with the same bytes, for 24 hours. Another request with that key is refused (422); while the first still runs, 409 with \`Retry-After\`. \`Retry-After\` is there only where nothing was done.

## Limits

Calls are counted for each person: \`RateLimit-*\` tells what is left, 429 with \`Retry-After\` that nothing is. A body holds at most 1 MiB (413), an address 8192 characters (414); bodies are JSON (415), and so are answers (406).`;
}
