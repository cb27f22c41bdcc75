import { apiKeysRouter } from './account/api-keys/router.ts';
import { createUsersRouter } from './account/profile/router.ts';
import { passkeysRouter } from './account/second-factor/passkeys/router.ts';
import { secondFactorRouter } from './account/second-factor/router.ts';
import { totpRouter } from './account/second-factor/totp/router.ts';
import { authRouter } from './account/sign-in/router.ts';
import { featureEntities } from './features/entities.ts';
import { goalsRouter } from './features/goals/router.ts';
import { insightsRouter } from './features/insights/router.ts';
import { labelsRouter } from './features/labels/router.ts';
import { listsRouter } from './features/lists/router.ts';
import { syncRouter } from './features/sync/router.ts';
import { tasksRouter } from './features/tasks/router.ts';
import { createProcedureMap } from './procedures/procedure-map.ts';
import { createCallerFactory, router } from './procedures/trpc.ts';

/** All procedures of the product. */
export const procedures = {
  auth: authRouter,
  secondFactor: secondFactorRouter,
  totp: totpRouter,
  passkeys: passkeysRouter,
  apiKeys: apiKeysRouter,
  users: createUsersRouter(featureEntities),
  lists: listsRouter,
  labels: labelsRouter,
  tasks: tasksRouter,
  goals: goalsRouter,
  insights: insightsRouter,
  sync: syncRouter,
};

export const appRouter = router(procedures);

export const procedureMap = createProcedureMap(appRouter);

/**
 * Calls procedures without a transport, with the same access control. Results are in the wire form: timestamps are
 * strings, although the types show what the SDK returns.
 */
export const createCaller = createCallerFactory(appRouter);
