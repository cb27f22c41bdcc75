import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

/** A file that the page loads. */
export interface BrowserFile {
  /** With a hash of what is in it, so that it may be kept for ever. */
  readonly address: string;
  readonly type: string;
  readonly bytes: Buffer;
}

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** Of Swagger UI and of ours, in the order in which the page loads them. */
export function readBrowserFiles(): Promise<readonly BrowserFile[]> {
  return Promise.all(urls().map(readBrowserFile));
}

/** The build puts all of them beside itself; the sources have them where they come from. */
function urls(): readonly URL[] {
  const built = new URL('./docs/', import.meta.url);
  const found = existsSync(built)
    ? ['swagger-ui.css', 'style.css', 'swagger-ui-bundle.js', 'start.js'].map((name) => new URL(name, built))
    : [
        import.meta.resolve('swagger-ui-dist/swagger-ui.css'),
        import.meta.resolve('./browser/style.css'),
        import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'),
        import.meta.resolve('./browser/start.js'),
      ];
  return found.map((url) => new URL(url));
}

async function readBrowserFile(url: URL): Promise<BrowserFile> {
  const bytes = await readFile(url);
  const extension = extname(url.pathname);
  const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1, -extension.length);
  return {
    address: `/docs/${name}.${hash('sha256', bytes).slice(0, 16)}${extension}`,
    type: types[extension] ?? 'application/octet-stream',
    bytes,
  };
}
