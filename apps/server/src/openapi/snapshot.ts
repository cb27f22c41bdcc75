import { fileURLToPath } from 'node:url';
import type { OpenApiDocument } from './types.ts';

/** The committed copy, in which a change of the contract shows as a change of a file. */
export const snapshot = fileURLToPath(new URL('../../openapi.json', import.meta.url));

export function serialize(document: OpenApiDocument): string {
  return `${JSON.stringify(document, null, 2)}\n`;
}
