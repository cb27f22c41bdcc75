import { authed } from '../../procedures/access.ts';
import { archiveList } from './archive-list.ts';
import { createList } from './create-list.ts';
import { deleteList } from './delete-list.ts';
import { lists } from './entity.ts';
import { getList } from './get-list.ts';
import { listLists } from './list-lists.ts';
import { reorderList } from './reorder-list.ts';
import { restoreList } from './restore-list.ts';
import * as s from './schemas.ts';
import { updateList } from './update-list.ts';

const read = { scope: lists.scopes.read, followsChanges: true } as const;
const write = { scope: lists.scopes.write } as const;

export const listsRouter = {
  create: authed({
    summary: 'Create a list',
    description: 'The list becomes the last one. A user can have 500 lists.',
    ...write,
    rest: { method: 'POST', path: '/lists', status: 201 },
  })
    .input(s.createListInput)
    .output(s.list)
    .mutation(({ ctx, input }) => createList(ctx, input)),

  get: authed({ summary: 'Get a list', ...read, rest: { method: 'GET', path: '/lists/{id}' } })
    .input(s.listInput)
    .output(s.list)
    .query(({ ctx, input }) => getList(ctx, input)),

  list: authed({
    summary: 'List lists',
    description: 'In the order of the user.',
    ...read,
    rest: { method: 'GET', path: '/lists' },
  })
    .input(s.listListsInput.prefault({}))
    .output(s.listPage)
    .query(({ ctx, input }) => listLists(ctx, input)),

  update: authed({ summary: 'Update a list', ...write, rest: { method: 'PATCH', path: '/lists/{id}' } })
    .input(s.updateListInput)
    .output(s.list)
    .mutation(({ ctx, input }) => updateList(ctx, input)),

  reorder: authed({
    summary: 'Move a list',
    description: 'Changes its place among the lists of the user.',
    ...write,
    rest: { method: 'POST', path: '/lists/{id}/reorder' },
  })
    .input(s.reorderListInput)
    .output(s.list)
    .mutation(({ ctx, input }) => reorderList(ctx, input)),

  archive: authed({
    summary: 'Archive a list',
    description: 'An archived list is left out of the list of lists. Its tasks stay as they are.',
    ...write,
    rest: { method: 'POST', path: '/lists/{id}/archive' },
  })
    .input(s.archiveListInput)
    .output(s.list)
    .mutation(({ ctx, input }) => archiveList(ctx, input)),

  delete: authed({
    summary: 'Delete a list',
    description: 'A soft delete of the list and its tasks, at most 2,000: both can be restored.',
    ...write,
    rest: { method: 'DELETE', path: '/lists/{id}' },
  })
    .input(s.listChangeInput)
    .output(s.list)
    .mutation(({ ctx, input }) => deleteList(ctx, input)),

  restore: authed({
    summary: 'Restore a list',
    description: 'Restores a deleted list, and the tasks that were deleted with it.',
    ...write,
    rest: { method: 'POST', path: '/lists/{id}/restore' },
  })
    .input(s.listChangeInput)
    .output(s.list)
    .mutation(({ ctx, input }) => restoreList(ctx, input)),
};
