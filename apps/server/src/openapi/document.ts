import { prefix } from '../rest/answer-route.ts';
import { restRoutes } from '../rest/routes.ts';
import { guide } from './guide.ts';
import { headers } from './headers.ts';
import { hostPaths } from './host.ts';
import { operationOf } from './operation.ts';
import { sharedParameters } from './parameters.ts';
import { problemResponses } from './problems.ts';
import { notModified } from './replies.ts';
import { SchemaBook } from './schema-book.ts';
import { tags } from './tags.ts';
import type { OpenApiDocument, PathItem } from './types.ts';

export interface OpenApiOptions {
  /** The version of the server. */
  readonly version: string;
  /** The base URL in the examples that readers copy. */
  readonly serverUrl?: string;
}

/** The OpenAPI document of the REST API, generated from its routes and schemas. */
export function createOpenApiDocument({
  version,
  serverUrl = 'http://localhost:8000',
}: OpenApiOptions): OpenApiDocument {
  const book = new SchemaBook();
  const paths = new Map<string, PathItem>(Object.entries(hostPaths(book, version)));
  for (const route of restRoutes()) {
    const path = `${prefix}${route.rest.path}`;
    paths.set(path, { ...paths.get(path), [route.rest.method.toLowerCase()]: operationOf(route, book) });
  }
  const responses = { NotModified: notModified, ...problemResponses(book) };
  return {
    openapi: '3.1.1',
    info: {
      title: 'ALICE',
      version,
      summary: 'A backend for personal tasks, goals and insights.',
      description: guide(serverUrl),
      contact: { name: 'The ALICE authors', url: 'https://alice.example', email: 'authors@alice.example' },
      license: { name: 'MIT', url: 'https://opensource.org/license/mit' },
    },
    servers: [{ url: '/', description: 'The server that serves this document.' }],
    security: [{ bearer: [] }],
    tags,
    paths: Object.fromEntries([...paths].map(([path, item]) => [path, inOrder(item)])),
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          bearerFormat: 'JWT',
          description: 'An access token from a sign-in, or an API key.',
        },
      },
      parameters: sharedParameters,
      headers,
      responses,
      schemas: book.components,
    },
  };
}

const methods = ['get', 'post', 'patch', 'put', 'delete'];

function inOrder(item: PathItem): PathItem {
  return Object.fromEntries(
    Object.entries(item).sort(([one], [other]) => methods.indexOf(one) - methods.indexOf(other)),
  );
}
