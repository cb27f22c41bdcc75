import { fileURLToPath } from 'node:url';
import type { OpenApiDocument } from './types.ts';

/** The committed copy, which shows changes of the API in diffs. */
export const snapshot = fileURLToPath(new URL('../../openapi.json', import.meta.url));

export function serialize(document: OpenApiDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
