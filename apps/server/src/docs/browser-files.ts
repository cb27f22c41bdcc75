import { existsSync } from 'node:fs';
import { type BrowserFile, readBrowserFile } from '../http/static-page.ts';

/** The files of Swagger UI and our own, in the order in which the page loads them. */
export function readBrowserFiles(): Promise<readonly BrowserFile[]> {
  return Promise.all(urls().map((url) => readBrowserFile(url, '/docs')));
}

/** The build copies all of them next to itself; the sources load them from their packages. */
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
