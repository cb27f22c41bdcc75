import { z } from 'zod';

/** Codes for when a second factor is lost, in an output. */
export const shownRecoveryCodes = z.array(z.string().meta({ examples: ['k7mq-2x9d-4h1n-p0ws'] }));

/** They come with the first second factor, whichever that is. */
export const firstRecoveryCodes = shownRecoveryCodes.nullable().meta({
  description: 'With the first second factor: codes for when it is lost. They are shown only here. Null later on.',
});
