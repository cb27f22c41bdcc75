/** Writes `openapi.json`, the committed copy of the OpenAPI document: `pnpm openapi`. */
import { writeFileSync } from 'node:fs';
import manifest from '../../package.json' with { type: 'json' };
import { createOpenApiDocument } from './document.ts';
import { serialize, snapshot } from './snapshot.ts';

writeFileSync(snapshot, serialize(createOpenApiDocument(manifest)));
