import { readFile } from 'node:fs/promises';
import { procedureMap } from '@alice/api';
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { describe, expect, it } from 'vitest';
import manifest from '../package.json' with { type: 'json' };
import { createOpenApiDocument } from '../src/openapi/document.ts';
import { serialize, snapshot } from '../src/openapi/snapshot.ts';

const document = createOpenApiDocument(manifest);
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })),
);

it('equals the committed document', async () => {
  const committed = await readFile(snapshot, 'utf8');
  expect(committed === serialize(document), 'the contract has changed: look at it, then run `pnpm openapi`').toBe(true);
});

it('passes the strictest Redocly rules, with none switched off', async () => {
  const config = await createConfig({ extends: ['recommended-strict'] });
  const problems = await lintFromString({ source: serialize(document), config });
  expect(problems.map(({ ruleId, message, location }) => `${ruleId} ${location[0]?.pointer}: ${message}`)).toEqual([]);
});

describe('the REST operations', () => {
  const served = [...procedureMap.values()].filter(({ meta }) => !('none' in meta.rest));

  it('are all documented, and nothing else except the health endpoints', () => {
    const documented = operations.filter(({ tags }) => !tags.includes('Health')).map(({ operationId }) => operationId);
    expect(documented.sort()).toEqual(served.map(({ path }) => path).sort());
  });

  it.each(served)('$path documents the correct security requirement', ({ path, meta }) => {
    const operation = operations.find(({ operationId }) => operationId === path);
    expect(operation?.security).toEqual(meta.access === 'public' ? [] : undefined);
    expect(Object.keys(operation?.responses ?? {}).includes('403')).toBe(meta.access === 'admin');
  });

  it.each(operations.filter(({ requestBody }) => requestBody !== undefined))(
    '$operationId accepts its own example',
    (own) => {
      const [input] = procedureMap.get(own.operationId)?.inputs ?? [];
      const example = own.requestBody?.content['application/json']?.example;
      const address = {
        ...(own.path.includes('{id}') ? { id: '019aab7e-58f0-7c3a-9d51-2b1f6c0e4a77' } : {}),
        ...(own.path.includes('{number}') ? { number: 57 } : {}),
      };
      expect(input?.safeParse({ ...address, ...Object(example) }).error).toBeUndefined();
    },
  );
});
