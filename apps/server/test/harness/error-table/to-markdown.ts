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

Every refusal over REST is a problem (RFC 9457, \`Content-Type: application/problem+json\`), and over tRPC an \`error\` with the
same \`code\`, message and \`errors\`. Programs go by \`code\`; \`detail\` is for people and may change its words.
This page is written by a test that makes each of these requests: \`pnpm vitest run apps/server/test/error-table.test.ts -u\`.

`;

/** The page for people: every code, one whole reply, and the table of requests and replies. */
export function toMarkdown(pages: readonly Page[], example: string): string {
  const codes = Object.entries(errorKinds).map(
    ([code, { status, trpc, title }]) => `| \`${code}\` | ${status} | ${statusOverTrpc(trpc)} | ${title} |`,
  );
  return [
    introduction,
    `## Codes\n\n| \`code\` | REST | tRPC | \`title\` |\n|---|---|---|---|\n${codes.join('\n')}\n\n`,
    `## A whole reply\n\n\`\`\`json\n${example}\n\`\`\`\n\n`,
    '`errors` names each field that is at fault: `due.date`, `items.3.title`, or a header. `request_id` stands in ',
    '`X-Request-Id`, too, and in the log.\n\n',
    'In what follows `{task}` and the like stand for real values, Ada is signed in unless it says otherwise, and a request ',
    'with a body has `Content-Type: application/json`.\n',
    ...pages.map(
      ({ title, rows }) =>
        `\n## ${title}\n\n| request | status | the reply says |\n|---|---|---|\n${rows.map(toRow).join('\n')}\n`,
    ),
  ].join('');
}

function statusOverTrpc(trpc: (typeof errorKinds)['INTERNAL']['trpc']): number {
  return getHTTPStatusCodeFromError(new TRPCError({ code: trpc }));
}

function toRow([request, refusal]: readonly [RefusedRequest, Refusal]): string {
  const { status, code, detail, errors, details } = refusal;
  // What stands in the detail already is not said twice.
  const faults = errors.map(({ path, message }) => [path, message] as const);
  const others = faults.filter(([path, message]) => !detail.includes(`${path}: ${message}`));
  const said = [
    detail,
    ...others.map(([path, message]) => `${asCode(path)}: ${message}`),
    // A ticket is another each time.
    ...Object.entries(details).map(([name, value]) =>
      asCode(`"${name}": ${name === 'ticket' ? '"…"' : JSON.stringify(value)}`),
    ),
    ...Object.entries(request.says ?? {}).map(([name, value]) =>
      asCode(`${headerName(name)}: ${value instanceof RegExp ? 'n' : value}`),
    ),
  ];
  return `| ${shown(request).map(asCode).join('<br>')} | ${status} \`${code}\` | ${said.map(escaped).join('<br>')} |`;
}

/** The lines of a request as one would type them. */
function shown({ request, headers = {}, body, shown: short, anonymous, earlier }: RefusedRequest): string[] {
  const isJson = headers['content-type'] === 'application/json';
  const lines = Object.entries(headers).filter(([name]) => !(isJson && name === 'content-type'));
  const isLongAddress = short?.startsWith('GET') === true;
  return [
    isLongAddress ? (short ?? '') : request,
    ...lines.map(([name, value]) => `${headerName(name)}: ${value}`),
    ...(body === undefined ? [] : [isLongAddress ? body : (short ?? body)]),
    ...(anonymous ? ['(nobody signed in)'] : []),
    ...(typeof earlier === 'string' ? [`(after ${earlier})`] : []),
    ...(typeof earlier === 'number' ? [`(after ${earlier} in this minute, of ${earlier} allowed)`] : []),
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
