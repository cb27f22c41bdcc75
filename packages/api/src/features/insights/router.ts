import { authed } from '../../procedures/access.ts';
import { getOverview } from './get-overview.ts';
import * as s from './schemas.ts';

export const insightsRouter = {
  overview: authed({
    summary: 'See how your work flows',
    scope: 'insights:read',
    rest: { method: 'GET', path: '/insights' },
  })
    .input(s.overviewInput.prefault({}))
    .output(s.overview)
    .query(({ ctx, input }) => getOverview(ctx, input)),
};
