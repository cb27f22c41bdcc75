import { z } from 'zod';

/** A color in hexadecimal notation, in lower case. */
export const color = z
  .string()
  .regex(/^#[0-9a-f]{6}$/i, 'must be a color such as #3b82f6')
  .toLowerCase();
