import { z } from 'zod';

/** Recovery codes in an output. */
export const shownRecoveryCodes = z.array(z.string().meta({ examples: ['k7mq-2x9d-4h1n-p0ws'] }));

/** Returned together with the first second factor, of any kind. */
export const firstRecoveryCodes = shownRecoveryCodes.nullable().meta({
  description:
    'Recovery codes, returned with the first second factor and shown only in this response. Null for later factors.',
});
