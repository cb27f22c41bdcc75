import { errorKinds } from '@alice/api';

const codes = Object.entries(errorKinds)
  .map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`)
  .join('\n');

/** The introduction of the reference, in Markdown. */
export function guide(server: string): string {
  return `A REST API with JSON over HTTP.

## Quick start

\`\`\`sh
API=${server}/api/v1
TOKEN=$(curl -s $API/auth/register -H 'content-type: application/json' \\
  -d '{"email":"ada@example.com","password":"correct horse battery staple","name":"Ada"}' |
  sed 's/.*"accessToken":"\\([^"]*\\)".*/\\1/')
curl $API/tasks -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' \\
  -d '{"title":"Pay the rent"}'
\`\`\`

## Authentication

Send an access token or an API key as \`Authorization: Bearer …\`.

\`POST /api/v1/auth/register\` and \`POST /api/v1/auth/login\` return an access token, valid for 15 minutes by default, and a refresh token. \`POST /api/v1/auth/refresh\` exchanges the refresh token for a new pair. Each refresh token can be used once.

Programs can use an API key (\`POST /api/v1/api-keys\`). It has scopes and an expiry date.

Some operations require recent authentication: a sign-in or a re-authentication (\`POST /api/v1/auth/confirm\`) less than five minutes ago.

## Responses

A successful response is \`{"data": …, "message": "Success", "timestamp": "…"}\`.

Timestamps are ISO 8601 in UTC with milliseconds. Calendar dates are \`YYYY-MM-DD\` and have no time zone. In a query string, repeat an array (\`status=todo&status=in_progress\`) and write an object with brackets (\`due[from]=2026-12-01\`).

## Pagination

In a list, \`data\` is an array and \`nextCursor\` is next to it. Send it as \`cursor\` to get the next page. On the last page it is null. Rows that are inserted in the meantime cause no duplicates and no gaps.

## Concurrency control (ETag, If-Match)

Each row has a \`version\`, and each read has an \`ETag\`. Send it as \`If-None-Match\` with a read: the response is 304 if your cached copy is still current. Send it as \`If-Match\` with a write: the request fails with 412 if the row has changed, and the error lists the conflicting fields. Without \`If-Match\`, or with \`*\`, the write applies to any version.

## Idempotency

Every write accepts an \`Idempotency-Key\` header: 1 to 255 visible ASCII characters that you choose. A request with the same key and the same input runs once. For 24 hours a retry returns the stored response. The same key with another input fails with 422. While the first request is still running, a retry fails with 409 and \`Retry-After\`.

## Rate limits

Calls are counted per user. \`RateLimit-Limit\`, \`RateLimit-Remaining\` and \`RateLimit-Reset\` show the limit. Above it, requests fail with 429 and \`Retry-After\`. An error has \`Retry-After\` only if the request changed nothing, so that a retry is safe.

A request body has at most 1 MiB (otherwise 413), and a URL at most 8192 characters (414). Request bodies must be JSON (415), and clients must accept JSON (406).

## Errors

An error response is \`application/problem+json\` (RFC 9457). Use \`code\` in programs. \`errors\` lists each invalid field. Every response has \`x-request-id\`, the id of the request in the server log.

| code | status | meaning |
|---|---|---|
${codes}

## Versioning

The path contains the major version (\`/api/v1\`). Within a version, responses can get new fields: ignore the fields that you do not know.`;
}
