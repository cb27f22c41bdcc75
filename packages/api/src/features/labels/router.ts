import { authed } from '../../procedures/access.ts';
import { createLabel } from './create-label.ts';
import { deleteLabel } from './delete-label.ts';
import { labels } from './entity.ts';
import { getLabel } from './get-label.ts';
import { listLabels } from './list-labels.ts';
import { restoreLabel } from './restore-label.ts';
import * as s from './schemas.ts';
import { updateLabel } from './update-label.ts';

const read = { scope: labels.scopes.read, followsChanges: true } as const;
const write = { scope: labels.scopes.write } as const;

export const labelsRouter = {
  create: authed({
    summary: 'Create a label',
    description: 'A user can have 500 labels.',
    ...write,
    rest: { method: 'POST', path: '/labels', status: 201 },
  })
    .input(s.createLabelInput)
    .output(s.label)
    .mutation(({ ctx, input }) => createLabel(ctx, input)),

  get: authed({ summary: 'Get a label', ...read, rest: { method: 'GET', path: '/labels/{id}' } })
    .input(s.labelInput)
    .output(s.label)
    .query(({ ctx, input }) => getLabel(ctx, input)),

  list: authed({
    summary: 'List labels',
    description: 'By name.',
    ...read,
    rest: { method: 'GET', path: '/labels' },
  })
    .input(s.listLabelsInput.prefault({}))
    .output(s.labelPage)
    .query(({ ctx, input }) => listLabels(ctx, input)),

  update: authed({ summary: 'Update a label', ...write, rest: { method: 'PATCH', path: '/labels/{id}' } })
    .input(s.updateLabelInput)
    .output(s.label)
    .mutation(({ ctx, input }) => updateLabel(ctx, input)),

  delete: authed({
    summary: 'Delete a label',
    description:
      'A soft delete, which takes the label off its tasks, at most 2,000. An undo of the group brings back both.',
    ...write,
    rest: { method: 'DELETE', path: '/labels/{id}' },
  })
    .input(s.labelChangeInput)
    .output(s.label)
    .mutation(({ ctx, input }) => deleteLabel(ctx, input)),

  restore: authed({
    summary: 'Restore a label',
    description: 'Restores a deleted label. The tasks that had it stay as they are.',
    ...write,
    rest: { method: 'POST', path: '/labels/{id}/restore' },
  })
    .input(s.labelChangeInput)
    .output(s.label)
    .mutation(({ ctx, input }) => restoreLabel(ctx, input)),
};
