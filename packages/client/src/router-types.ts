import type { AppRouter } from '@alice/api/types';
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server';

/** The input of each procedure: `RouterInputs['tasks']['create']`. */
export type RouterInputs = inferRouterInputs<AppRouter>;

/** The output of each procedure: `RouterOutputs['tasks']['list']`. */
export type RouterOutputs = inferRouterOutputs<AppRouter>;
