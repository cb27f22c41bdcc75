import { z } from 'zod';

/** Any UUID, in lower case as the database writes it. */
export const id = z.uuid().toLowerCase().describe('The id, a UUID.');

/** An id that the client chooses for a new row: UUIDv7 (RFC 9562), so that new rows are close together in the index. */
export const newId = z
  .uuidv7('must be a UUIDv7')
  .toLowerCase()
  .describe('An id that you choose: a UUIDv7 (RFC 9562). By default the server generates it.');

/** An id in an output. */
export const rowId = z.string().meta({ format: 'uuid' });
