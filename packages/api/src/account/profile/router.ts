import type { z } from 'zod';
import { admin, authed, fresh } from '../../procedures/access.ts';
import { changeRole } from '../admin/change-role.ts';
import { disableUser } from '../admin/disable-user.ts';
import { enableUser } from '../admin/enable-user.ts';
import { listUsers } from '../admin/list-users.ts';
import * as admins from '../admin/schemas.ts';
import { cancelDeletion } from '../deletion/cancel-deletion.ts';
import { requestDeletion } from '../deletion/request-deletion.ts';
import { createExportFormat, type ExportedFeatures, exportAccount } from '../export/export-account.ts';
import { fileOf } from '../export/export-file.ts';
import { getMe } from './get-me.ts';
import { getUser } from './get-user.ts';
import * as s from './schemas.ts';
import { updateMe } from './update-me.ts';

/** `features`: what they add to an export of the account. */
export function createUsersRouter<Lists extends Readonly<Record<string, z.ZodArray<z.ZodType>>>>(
  features: ExportedFeatures<Lists>,
) {
  const format = createExportFormat(features);
  return {
    me: authed({
      summary: 'Get yourself',
      scope: 'users:read',
      followsChanges: true,
      rest: { method: 'GET', path: '/users/me' },
    })
      .output(s.user)
      .query(({ ctx }) => getMe(ctx)),

    update: authed({
      summary: 'Change your name or time zone',
      scope: 'users:write',
      rest: { method: 'PATCH', path: '/users/me' },
    })
      .input(s.updateUserInput)
      .output(s.user)
      .mutation(({ ctx, input }) => updateMe(ctx, input)),

    export: authed({
      summary: 'Export all that is yours',
      description:
        'Every stored field of your account, goals, tasks and history, deleted ones too, as they were at one moment; of ' +
        'sessions, keys and passkeys all but their secrets. At most 6 an hour, and one at a time.',
      rest: { method: 'GET', path: '/users/me/export', attachment: 'alice-export' },
    })
      .output(fileOf(format.content))
      .query(({ ctx }) => exportAccount(ctx, format)),

    requestDeletion: fresh({
      summary: 'Ask that your account be deleted',
      description: 'It goes in 14 days, with everything that is yours. Until then all works as before.',
      rest: { method: 'POST', path: '/users/me/deletion' },
    })
      .output(s.user)
      .mutation(({ ctx }) => requestDeletion(ctx)),

    cancelDeletion: authed({
      summary: 'Keep your account after all',
      rest: { method: 'DELETE', path: '/users/me/deletion' },
    })
      .output(s.user)
      .mutation(({ ctx }) => cancelDeletion(ctx)),

    get: authed({
      summary: 'Get what everybody may see of a person',
      scope: 'users:read',
      rest: { method: 'GET', path: '/users/{id}' },
    })
      .input(s.userInput)
      .output(s.publicUser)
      .query(({ ctx, input }) => getUser(ctx, input)),

    list: admin({
      summary: 'List accounts, for administrators',
      scope: 'accounts:read',
      rest: { method: 'GET', path: '/users' },
    })
      .input(admins.listUsersInput.prefault({}))
      .output(admins.accountPage)
      .query(({ ctx, input }) => listUsers(ctx, input)),

    disable: admin({
      summary: 'Lock a person out, for administrators',
      description: 'Their sessions end, and their API keys do not work until they are let in again.',
      scope: 'accounts:write',
      rest: { method: 'POST', path: '/users/{id}/disable' },
    })
      .input(s.userInput)
      .output(admins.accountState)
      .mutation(({ ctx, input }) => disableUser(ctx, input)),

    enable: admin({
      summary: 'Let a person in again, for administrators',
      description: 'Their API keys work again. Their old sessions stay ended.',
      scope: 'accounts:write',
      rest: { method: 'POST', path: '/users/{id}/enable' },
    })
      .input(s.userInput)
      .output(admins.accountState)
      .mutation(({ ctx, input }) => enableUser(ctx, input)),

    changeRole: admin({
      summary: "Change a person's role, for administrators",
      scope: 'accounts:write',
      rest: { method: 'PUT', path: '/users/{id}/role' },
    })
      .input(admins.changeRoleInput)
      .output(admins.accountState)
      .mutation(({ ctx, input }) => changeRole(ctx, input)),
  };
}
