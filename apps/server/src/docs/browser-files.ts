import { existsSync } from 'node:fs';
import { type BrowserFile, readBrowserFile } from '../http/static-page.ts';

/** Of Swagger UI and of ours, in the order in which the page loads them. */
export function readBrowserFiles(): Promise<readonly BrowserFile[]> {
  return Promise.all(urls().map((url) => readBrowserFile(url, '/docs')));
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
