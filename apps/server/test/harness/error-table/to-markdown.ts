import { errorKinds } from '@alice/api';
import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import type { Refusal } from './ask.ts';
import type { RefusedRequest } from './cases.ts';

export interface Page {
  readonly title: string;
  readonly rows: readonly (readonly [RefusedRequest, Refusal])[];
}

const introduction = `<!-- biome-ignore-all format: written by a test -->

# Errors

An error response over REST is a problem (RFC 9457, \`Content-Type: application/problem+json\`). Over tRPC it is an \`error\` with the
same \`code\`, message and \`errors\`. Use \`code\` in programs: \`detail\` is for humans, and its wording can change.
A test sends each of these requests and writes this page: \`pnpm vitest run apps/server/test/error-table.test.ts -u\`.

`;

/** The page: every error code, one example, and the tables of requests and responses. */
export function toMarkdown(pages: readonly Page[], example: string): string {
  const codes = Object.entries(errorKinds).map(
    ([code, { status, trpc, title }]) => `| \`${code}\` | ${status} | ${statusOverTrpc(trpc)} | ${title} |`,
  );
  return [
    introduction,
    `## Codes\n\n| \`code\` | REST | tRPC | \`title\` |\n|---|---|---|---|\n${codes.join('\n')}\n\n`,
    `## Example\n\n\`\`\`json\n${example}\n\`\`\`\n\n`,
    '`errors` lists each invalid field: `due.date`, `items.3.title`, or a header. `request_id` is also in the header ',
    '`X-Request-Id` and in the server log.\n\n',
    'In the tables, `{task}` and other placeholders stand for real values. Requests are authenticated as the user Ada, and ',
    'requests with a body have `Content-Type: application/json`, unless stated otherwise.\n',
    ...pages.map(
      ({ title, rows }) =>
        `\n## ${title}\n\n| request | status | response |\n|---|---|---|\n${rows.map(toRow).join('\n')}\n`,
    ),
  ].join('');
}

function statusOverTrpc(trpc: (typeof errorKinds)['INTERNAL']['trpc']): number {
  return getHTTPStatusCodeFromError(new TRPCError({ code: trpc }));
}

function toRow([request, refusal]: readonly [RefusedRequest, Refusal]): string {
  const { status, code, detail, errors, details } = refusal;
  // Errors that the detail already contains are not repeated.
  const faults = errors.map(({ path, message }) => [path, message] as const);
  const others = faults.filter(([path, message]) => !detail.includes(`${path}: ${message}`));
  const said = [
    detail,
    ...others.map(([path, message]) => `${asCode(path)}: ${message}`),
    // A ticket is different each time.
    ...Object.entries(details).map(([name, value]) =>
      asCode(`"${name}": ${name === 'ticket' ? '"…"' : JSON.stringify(value)}`),
    ),
    ...Object.entries(request.says ?? {}).map(([name, value]) =>
      asCode(`${headerName(name)}: ${value instanceof RegExp ? 'n' : value}`),
    ),
  ];
  return `| ${shown(request).map(asCode).join('<br>')} | ${status} \`${code}\` | ${said.map(escaped).join('<br>')} |`;
}

/** A request, line by line. */
function shown({ request, headers = {}, body, shown: short, anonymous, earlier }: RefusedRequest): string[] {
  const isJson = headers['content-type'] === 'application/json';
  const lines = Object.entries(headers).filter(([name]) => !(isJson && name === 'content-type'));
  const isLongAddress = short?.startsWith('GET') === true;
  return [
    isLongAddress ? (short ?? '') : request,
    ...lines.map(([name, value]) => `${headerName(name)}: ${value}`),
    ...(body === undefined ? [] : [isLongAddress ? body : (short ?? body)]),
    ...(anonymous ? ['(not authenticated)'] : []),
    ...(typeof earlier === 'string' ? [`(after ${earlier})`] : []),
    ...(typeof earlier === 'number' ? [`(after ${earlier} calls in this minute, with a limit of ${earlier})`] : []),
  ];
}

function headerName(name: string): string {
  return name
    .replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
    .replace(/Id\b/, 'ID')
    .replace('Ratelimit', 'RateLimit');
}

function asCode(text: string): string {
  return `\`${text.replaceAll('\n', ' ⏎ ')}\``;
}

/** A bar would end the cell, in code too. */
function escaped(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
