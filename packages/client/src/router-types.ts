import type { AppRouter } from '@alice/api/types';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';

/** What each procedure takes: `RouterInputs['tasks']['create']`. */
export type RouterInputs = inferRouterInputs<AppRouter>;

/** What each procedure gives: `RouterOutputs['tasks']['list']`. */
export type RouterOutputs = inferRouterOutputs<AppRouter>;
