import type { Entity } from '../../platform/history/entity.ts';
import { admin, authed, fresh } from '../../procedures/access.ts';
import { changeRole } from '../admin/change-role.ts';
import { disableUser } from '../admin/disable-user.ts';
import { enableUser } from '../admin/enable-user.ts';
import { listUsers } from '../admin/list-users.ts';
import * as admins from '../admin/schemas.ts';
import { cancelDeletion } from '../deletion/cancel-deletion.ts';
import { requestDeletion } from '../deletion/request-deletion.ts';
import { createExportFormat, exportAccount } from '../export/export-account.ts';
import { fileOf } from '../export/export-file.ts';
import { getMe } from './get-me.ts';
import { getUser } from './get-user.ts';
import * as s from './schemas.ts';
import { updateMe } from './update-me.ts';

/** `features`: the entities of the features, which an export of the account contains. */
export function createUsersRouter<const Features extends readonly Entity[]>(features: Features) {
  const format = createExportFormat(features);
  return {
    me: authed({
      summary: 'Get the current user',
      scope: 'users:read',
      followsChanges: true,
      rest: { method: 'GET', path: '/users/me' },
    })
      .output(s.user)
      .query(({ ctx }) => getMe(ctx)),

    update: authed({
      summary: 'Update the current user',
      scope: 'users:write',
      rest: { method: 'PATCH', path: '/users/me' },
    })
      .input(s.updateUserInput)
      .output(s.user)
      .mutation(({ ctx, input }) => updateMe(ctx, input)),

    export: authed({
      summary: 'Export account data',
      description:
        'A consistent snapshot of every stored field: account, lists, goals, tasks (deleted ones included), activity, sessions, ' +
        'API keys and passkeys. Secrets are left out. At most 6 exports an hour, one at a time.',
      rest: { method: 'GET', path: '/users/me/export', attachment: 'alice-export' },
    })
      .output(fileOf(format.content))
      .query(({ ctx }) => exportAccount(ctx, format)),

    requestDeletion: fresh({
      summary: 'Schedule account deletion',
      description: 'Deletes the account and all its data after 14 days. Until then the account works as before.',
      rest: { method: 'POST', path: '/users/me/deletion' },
    })
      .output(s.user)
      .mutation(({ ctx }) => requestDeletion(ctx)),

    cancelDeletion: authed({
      summary: 'Cancel account deletion',
      rest: { method: 'DELETE', path: '/users/me/deletion' },
    })
      .output(s.user)
      .mutation(({ ctx }) => cancelDeletion(ctx)),

    get: authed({
      summary: 'Get a public profile',
      scope: 'users:read',
      rest: { method: 'GET', path: '/users/{id}' },
    })
      .input(s.userInput)
      .output(s.publicUser)
      .query(({ ctx, input }) => getUser(ctx, input)),

    list: admin({
      summary: 'List users (admin)',
      scope: 'accounts:read',
      rest: { method: 'GET', path: '/users' },
    })
      .input(admins.listUsersInput.prefault({}))
      .output(admins.accountPage)
      .query(({ ctx, input }) => listUsers(ctx, input)),

    disable: admin({
      summary: 'Disable a user (admin)',
      description: 'Revokes the sessions of the user. Their API keys do not work while they are disabled.',
      scope: 'accounts:write',
      rest: { method: 'POST', path: '/users/{id}/disable' },
    })
      .input(s.userInput)
      .output(admins.accountState)
      .mutation(({ ctx, input }) => disableUser(ctx, input)),

    enable: admin({
      summary: 'Enable a user (admin)',
      description: 'The API keys of the user work again. Their earlier sessions stay revoked.',
      scope: 'accounts:write',
      rest: { method: 'POST', path: '/users/{id}/enable' },
    })
      .input(s.userInput)
      .output(admins.accountState)
      .mutation(({ ctx, input }) => enableUser(ctx, input)),

    changeRole: admin({
      summary: "Change a user's role (admin)",
      scope: 'accounts:write',
      rest: { method: 'PUT', path: '/users/{id}/role' },
    })
      .input(admins.changeRoleInput)
      .output(admins.accountState)
      .mutation(({ ctx, input }) => changeRole(ctx, input)),
  };
}
