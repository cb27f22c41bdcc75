import { JsonFile } from '@alice/api';
import { type JsonBody, jsonBody } from '../http/json-text.ts';
import type { Route } from './routes.ts';

/**
 * The JSON body of a success: `{"data": …, "message": …, "timestamp": …}`. For a page, the items are the data, and its
 * other fields (`nextCursor` …) are next to them.
 */
export async function envelope({ reply }: Route, data: unknown, timestamp: string): Promise<JsonBody> {
  const said = { message: 'Success', timestamp };
  if (data instanceof JsonFile) return jsonBody(['{"data":', data, `,${JSON.stringify(said).slice(1)}`]);
  if (reply !== 'page' || typeof data !== 'object' || data === null || !('items' in data)) {
    return JSON.stringify({ data, ...said });
  }
  const { items, ...others } = data;
  return JSON.stringify({ data: items, ...others, ...said });
}
