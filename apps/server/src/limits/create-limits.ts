import {
  type CallLimiter,
  createCallLimiter,
  createGuessLimiter,
  type GuessLimiter,
  type OpenWindows,
} from '@alice/api';
import type { Settings } from '../env.ts';

/** Rate limits and attempt limits: in `shared` windows, or counted by each process. */
export function createLimits(
  settings: Pick<Settings, 'callsPerMinute' | 'anonymousPerMinute' | 'registrationsPerHour' | 'mailsPerHour'>,
  secret: string,
  shared: OpenWindows | null,
): { readonly limiter: CallLimiter; readonly guesses: GuessLimiter } {
  const { callsPerMinute, anonymousPerMinute, registrationsPerHour, mailsPerHour } = settings;
  const where = shared === null ? {} : { openWindows: shared };
  return {
    limiter: createCallLimiter({ callsPerMinute, anonymousPerMinute, ...where }),
    guesses: createGuessLimiter({ secret, settings: { registrationsPerHour, mailsPerHour }, ...where }),
  };
}
