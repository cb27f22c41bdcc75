import { authed } from '../trpc.ts';
import { getMe } from './get-me.ts';
import * as s from './schemas.ts';
import { updateMe } from './update-me.ts';

export const usersRouter = {
  me: authed({ method: 'GET', path: '/users/me', summary: 'Get yourself', scope: 'users:read' })
    .output(s.user)
    .query(({ ctx }) => getMe(ctx)),

  update: authed({ method: 'PATCH', path: '/users/me', summary: 'Change your name or time zone', scope: 'users:write' })
    .input(s.updateUserInput)
    .output(s.user)
    .mutation(({ ctx, input }) => updateMe(ctx, input)),
};
