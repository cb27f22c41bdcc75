import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { createOpenApiDocument } from '../../src/openapi/document.ts';
import type { Response as Documented, Operation } from '../../src/openapi/types.ts';

const document = createOpenApiDocument({ version: '0' });
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(JSON.parse(JSON.stringify(document)), 'openapi');

/** Every operation of the document, by its id. */
export const operations = new Map(
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [operation.operationId, { path, method, operation }] as const),
  ),
);

/** Where a response is not as the document says: its status, its headers, its type, its body. */
export function faultsOf(operationId: string, response: Pick<Response, 'status' | 'headers'>, text: string): string[] {
  const { operation } = operations.get(operationId) ?? {};
  const documented = operation === undefined ? undefined : documentedResponse(operation, response.status);
  if (documented === undefined) return [`${operationId} does not document ${response.status}`];

  const { headers = {}, content = {} } = documented.response;
  // `Retry-After` is there only where the request may be sent again.
  const missing = Object.keys(headers).filter((name) => name !== 'Retry-After' && !response.headers.has(name));
  const faults = missing.map((name) => `${operationId} ${response.status} has no ${name}`);
  const type = response.headers.get('content-type')?.split(';')[0] ?? '';
  const media = content[type];
  if (media === undefined) {
    return Object.keys(content).length === 0 && text === '' ? faults : [...faults, `${operationId} answers ${type}`];
  }
  if (type.startsWith('text/')) return faults;
  const pointer = `openapi#${documented.pointer}/content/${escapePointer(type)}/schema`;
  const validate = ajv.getSchema(pointer);
  if (validate === undefined) throw new Error(`there is no ${pointer}`);
  if (!validate(JSON.parse(text))) faults.push(`${operationId} ${response.status}: ${ajv.errorsText(validate.errors)}`);
  return faults;
}

function documentedResponse({ operationId, responses }: Operation, status: number) {
  const key = responses[status] === undefined ? 'default' : String(status);
  const found = responses[key];
  if (found === undefined) return undefined;
  if ('$ref' in found) return { response: componentOf(found.$ref), pointer: found.$ref.slice(1) };
  const { path = '', method = '' } = operations.get(operationId) ?? {};
  return { response: found, pointer: `/paths/${escapePointer(path)}/${method}/responses/${key}` };
}

/** The guarantee: the linter resolves every reference of the document. */
function componentOf(reference: string): Documented {
  return document.components.responses[reference.slice(reference.lastIndexOf('/') + 1)] as Documented;
}

function escapePointer(name: string): string {
  return encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'));
}
