import { z } from 'zod';

/** Any UUID, in lower case as the database writes it. */
export const id = z.uuid().toLowerCase().describe('Which one: a UUID.');

/** An id that the client brings for a new row: UUIDv7 (RFC 9562), so that new rows stand together in the index. */
export const newId = z
  .uuidv7('must be a UUIDv7')
  .toLowerCase()
  .describe('An id of your own: a UUIDv7 (RFC 9562). Without one, the server makes it.');

/** An id in an output. */
export const rowId = z.string().meta({ format: 'uuid' });
