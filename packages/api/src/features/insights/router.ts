import { authed } from '../../procedures/access.ts';
import { getOverview } from './get-overview.ts';
import * as s from './schemas.ts';

export const insightsRouter = {
  overview: authed({ method: 'GET', path: '/insights', summary: 'See how your work flows', scope: 'insights:read' })
    .input(s.overviewInput.prefault({}))
    .output(s.overview)
    .query(({ ctx, input }) => getOverview(ctx, input)),
};
