import { authed } from '../../procedures/access.ts';
import { getOverview } from './get-overview.ts';
import * as s from './schemas.ts';

export const insightsRouter = {
  overview: authed({
    summary: 'Get the insights overview',
    description: 'Throughput, cycle time, work in progress, open and overdue tasks. Each figure has its sample size.',
    scope: 'insights:read',
    rest: { method: 'GET', path: '/insights' },
  })
    .input(s.overviewInput.prefault({}))
    .output(s.overview)
    .query(({ ctx, input }) => getOverview(ctx, input)),
};
