import { z } from 'zod';

/** Any UUID, in lower case as the database writes it. */
export const id = z.uuid().toLowerCase();

/** An id that the client brings for a new row: UUIDv7 (RFC 9562), so that new rows stand together in the index. */
export const newId = z.uuidv7().toLowerCase();
