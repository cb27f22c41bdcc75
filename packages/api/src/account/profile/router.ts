import type { z } from 'zod';
import { admin, authed, fresh } from '../../procedures/access.ts';
import { changeRole } from '../admin/change-role.ts';
import { disableUser } from '../admin/disable-user.ts';
import { enableUser } from '../admin/enable-user.ts';
import { listUsers } from '../admin/list-users.ts';
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
    me: authed({ method: 'GET', path: '/users/me', summary: 'Get yourself', scope: 'users:read', followsChanges: true })
      .output(s.user)
      .query(({ ctx }) => getMe(ctx)),

    update: authed({
      method: 'PATCH',
      path: '/users/me',
      summary: 'Change your name or time zone',
      scope: 'users:write',
    })
      .input(s.updateUserInput)
      .output(s.user)
      .mutation(({ ctx, input }) => updateMe(ctx, input)),

    export: authed({
      method: 'GET',
      path: '/users/me/export',
      summary: 'Export all that is yours',
      description:
        'Every stored field of your account, goals, tasks and history, deleted ones too, as they were at one moment; of ' +
        'sessions, keys and passkeys all but their secrets. At most 6 an hour, and one at a time.',
      attachment: 'alice-export',
    })
      .output(fileOf(format.content))
      .query(({ ctx }) => exportAccount(ctx, format)),

    requestDeletion: fresh({
      method: 'POST',
      path: '/users/me/deletion',
      summary: 'Ask that your account be deleted',
      description: 'It goes in 14 days, with everything that is yours. Until then all works as before.',
    })
      .output(s.user)
      .mutation(({ ctx }) => requestDeletion(ctx)),

    cancelDeletion: authed({
      method: 'DELETE',
      path: '/users/me/deletion',
      summary: 'Keep your account after all',
    })
      .output(s.user)
      .mutation(({ ctx }) => cancelDeletion(ctx)),

    get: authed({
      method: 'GET',
      path: '/users/{id}',
      summary: 'Get what everybody may see of a person',
      scope: 'users:read',
    })
      .input(s.userInput)
      .output(s.publicUser)
      .query(({ ctx, input }) => getUser(ctx, input)),

    list: admin({ method: 'GET', path: '/users', summary: 'List accounts, for administrators', scope: 'accounts:read' })
      .input(s.listUsersInput.prefault({}))
      .output(s.accountPage)
      .query(({ ctx, input }) => listUsers(ctx, input)),

    disable: admin({
      method: 'POST',
      path: '/users/{id}/disable',
      summary: 'Lock a person out, for administrators',
      description: 'Their sessions end, and their API keys do not work until they are let in again.',
      scope: 'accounts:write',
    })
      .input(s.userInput)
      .output(s.accountState)
      .mutation(({ ctx, input }) => disableUser(ctx, input)),

    enable: admin({
      method: 'POST',
      path: '/users/{id}/enable',
      summary: 'Let a person in again, for administrators',
      description: 'Their API keys work again. Their old sessions stay ended.',
      scope: 'accounts:write',
    })
      .input(s.userInput)
      .output(s.accountState)
      .mutation(({ ctx, input }) => enableUser(ctx, input)),

    changeRole: admin({
      method: 'PUT',
      path: '/users/{id}/role',
      summary: "Change a person's role, for administrators",
      scope: 'accounts:write',
    })
      .input(s.changeRoleInput)
      .output(s.accountState)
      .mutation(({ ctx, input }) => changeRole(ctx, input)),
  };
}
