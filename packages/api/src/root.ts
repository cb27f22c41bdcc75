import { apiKeysRouter } from './api-keys/router.ts';
import { authRouter } from './auth/router.ts';
import { goalsRouter } from './goals/router.ts';
import { insightsRouter } from './insights/router.ts';
import { passkeysRouter } from './passkeys/router.ts';
import { secondFactorRouter } from './second-factor/router.ts';
import { syncRouter } from './sync/router.ts';
import { tasksRouter } from './tasks/router.ts';
import { totpRouter } from './totp/router.ts';
import { createCallerFactory, router } from './trpc.ts';
import { usersRouter } from './users/router.ts';

/** Every procedure of the product. */
export const procedures = {
  auth: authRouter,
  secondFactor: secondFactorRouter,
  totp: totpRouter,
  passkeys: passkeysRouter,
  apiKeys: apiKeysRouter,
  users: usersRouter,
  tasks: tasksRouter,
  goals: goalsRouter,
  insights: insightsRouter,
  sync: syncRouter,
};

export const appRouter = router(procedures);

/**
 * Calls procedures without a transport, with the same guards. What comes back is the wire form: instants are strings
 * here, although the types say what the SDK makes of them.
 */
export const createCaller = createCallerFactory(appRouter);
