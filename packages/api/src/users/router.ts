import { admin, authed } from '../trpc.ts';
import { getMe } from './get-me.ts';
import { getUser } from './get-user.ts';
import { listUsers } from './list-users.ts';
import * as s from './schemas.ts';
import { updateMe } from './update-me.ts';

export const usersRouter = {
  me: authed({ method: 'GET', path: '/users/me', summary: 'Get yourself', scope: 'users:read', followsChanges: true })
    .output(s.user)
    .query(({ ctx }) => getMe(ctx)),

  update: authed({ method: 'PATCH', path: '/users/me', summary: 'Change your name or time zone', scope: 'users:write' })
    .input(s.updateUserInput)
    .output(s.user)
    .mutation(({ ctx, input }) => updateMe(ctx, input)),

  get: authed({
    method: 'GET',
    path: '/users/{id}',
    summary: 'Get what everybody may see of a person',
    scope: 'users:read',
  })
    .input(s.userInput)
    .output(s.publicUser)
    .query(({ ctx, input }) => getUser(ctx, input)),

  list: admin({ method: 'GET', path: '/users', summary: 'List accounts, for administrators', scope: 'users:read' })
    .input(s.listUsersInput.prefault({}))
    .output(s.accountPage)
    .query(({ ctx, input }) => listUsers(ctx, input)),
};
