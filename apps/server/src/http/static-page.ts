import { hash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Context } from 'hono';
import type { AppEnv } from './request-scope.ts';

/** Static content at one URL, the same for everyone. */
export interface StaticPage {
  readonly bytes: Buffer;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Its compressed forms so far. */
  readonly compressed: Map<Encoding, Promise<Buffer>>;
}

type Encoding = 'br' | 'gzip';

/** A file that a page loads. */
export interface BrowserFile {
  /** Contains a hash of the content, so that it can be cached forever. */
  readonly address: string;
  readonly type: string;
  readonly bytes: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};
const forEver = { 'cache-control': 'public, max-age=31536000, immutable' };

/** Reads a file that pages load, to be served below `folder`. */
export async function readBrowserFile(url: URL, folder: string): Promise<BrowserFile> {
  const bytes = await readFile(url);
  const extension = extname(url.pathname);
  const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1, -extension.length);
  return {
    address: `${folder}/${name}.${hash('sha256', bytes).slice(0, 16)}${extension}`,
    type: types[extension] ?? 'application/octet-stream',
    bytes,
  };
}

/** The files as static pages, by path. */
export function filePages(files: readonly BrowserFile[]): (readonly [string, StaticPage])[] {
  return files.map(({ address, type, bytes }) => [address, staticPage(bytes, { ...forEver, 'content-type': type })]);
}

/** The HTML tags that load the files. */
export function fileTags(files: readonly BrowserFile[]): { readonly styles: string; readonly scripts: string } {
  const of = (type: string) => files.filter((file) => file.type.startsWith(type));
  return {
    styles: of('text/css')
      .map(({ address }) => `<link rel="stylesheet" href="${address}">`)
      .join('\n'),
    scripts: of('text/javascript')
      .map(({ address }) => `<script src="${address}" defer></script>`)
      .join('\n'),
  };
}

export function staticPage(content: string | Buffer, headers: StaticPage['headers']): StaticPage {
  const bytes = Buffer.from(content);
  return { bytes, etag: `"${hash('sha256', bytes).slice(0, 24)}"`, headers, compressed: new Map() };
}

/** Responds with a page, compressed if the client accepts it, or with 304. */
export async function answerPage(c: Context<AppEnv>, page: StaticPage): Promise<Response> {
  const scope = c.get('scope');
  const headers = scope.headersWith({ ...page.headers, vary: 'origin, accept-encoding', etag: page.etag });
  // A proxy that compresses makes the tag weak; it still identifies the same content.
  if (c.req.header('if-none-match')?.includes(page.etag)) return new Response(null, { status: 304, headers });

  const encoding = acceptedEncoding(c.req.header('accept-encoding') ?? '');
  if (encoding === null) return new Response(new Uint8Array(page.bytes), { headers });
  const compressed = page.compressed.get(encoding) ?? compressors[encoding](page.bytes);
  page.compressed.set(encoding, compressed);
  return new Response(new Uint8Array(await compressed), { headers: { ...headers, 'content-encoding': encoding } });
}

function acceptedEncoding(header: string): Encoding | null {
  const accepts = (encoding: Encoding) =>
    new RegExp(`\\b${encoding}\\b(?!\\s*;\\s*q=0(?:\\.0*)?(?:,|$))`, 'i').test(header);
  return accepts('br') ? 'br' : accepts('gzip') ? 'gzip' : null;
}

const brotliSettings = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

const compressors: Readonly<Record<Encoding, (bytes: Buffer) => Promise<Buffer>>> = {
  br: (bytes) => promisify(brotliCompress)(bytes, brotliSettings),
  gzip: (bytes) => promisify(gzip)(bytes),
};
