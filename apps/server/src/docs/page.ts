import { escapeHtml, icon, iconLink } from '../http/html.ts';
import { type BrowserFile, fileTags } from '../http/static-page.ts';
import type { OpenApiDocument, Operation } from '../openapi/types.ts';

/** The page may load from and call this origin only. Swagger UI's icons are data URLs. */
export const pagePolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The reference as HTML: a header, the list of operations, and the container for Swagger UI. */
export function renderPage(name: string, document: OpenApiDocument, files: readonly BrowserFile[]): string {
  const title = escapeHtml(`${name} API`);
  const { styles, scripts } = fileTags(files);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${iconLink}
${styles}
</head>
<body>
<header class="top">
<a class="name" href="#">${icon}<span>${title}</span></a>
<span class="version">${escapeHtml(document.info.version)}</span>
<a class="download" href="/openapi.json">openapi.json</a>
</header>
<nav class="contents" aria-label="Operations">
${document.tags.map((tag) => renderTag(tag.name, document)).join('\n')}
</nav>
<main id="reference"><noscript>This page needs JavaScript. Without it, read <a href="/openapi.json">openapi.json</a>.</noscript></main>
${scripts}
</body>
</html>
`;
}

function renderTag(tag: string, { paths }: OpenApiDocument): string {
  const operations = Object.values(paths).flatMap((item) => Object.entries(item));
  const items = operations
    .filter(([, { tags }]) => tags.includes(tag))
    .map(([method, operation]) => renderLink(tag, method, operation));
  return `<section><h2>${escapeHtml(tag)}</h2><ul>${items.join('')}</ul></section>`;
}

function renderLink(tag: string, method: string, { operationId, summary }: Operation): string {
  const verb = method === 'delete' ? 'del' : method;
  return `<li><a href="#/${encodeURIComponent(tag)}/${operationId}"><b class="${method}">${verb}</b>${escapeHtml(summary)}</a></li>`;
}
