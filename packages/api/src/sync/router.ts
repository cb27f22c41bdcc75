import { authed, streamOf, tracked } from '../trpc.ts';
import { pullChanges } from './pull-changes.ts';
import * as s from './schemas.ts';
import { streamChanges } from './stream-changes.ts';
import { undoChange } from './undo-change.ts';

const read = { scope: 'sync:read' } as const;
const write = { scope: 'sync:write' } as const;

export const syncRouter = {
  pull: authed({
    method: 'GET',
    path: '/sync/changes',
    summary: 'Pull changes for a copy',
    followsChanges: true,
    ...read,
  })
    .input(s.pullInput.prefault({}))
    .output(s.pulled)
    .query(({ ctx, input }) => pullChanges(ctx, input)),

  live: authed({ method: 'GET', path: '/sync/live', summary: 'Follow changes as they happen', ...read })
    .input(s.liveInput.prefault({}))
    .output(streamOf(s.change))
    .subscription(async ({ ctx, input, signal }) => tracked<s.Change>(await streamChanges(ctx, input, signal))),

  undo: authed({ method: 'POST', path: '/sync/changes/{number}/undo', summary: 'Undo a change', ...write })
    .input(s.undoInput)
    .output(s.change)
    .mutation(({ ctx, input }) => undoChange(ctx, input)),
};
