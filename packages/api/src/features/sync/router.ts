import { authed } from '../../procedures/access.ts';
import { streamOf, tracked } from '../../procedures/streams.ts';
import { pullChanges } from './pull-changes.ts';
import * as s from './schemas.ts';
import { streamChanges } from './stream-changes.ts';
import { undoChange } from './undo-change.ts';

/** Markdown, for the reference. */
const stories = {
  pull: `Without a \`cursor\` everything that there is comes first, as changes whose \`action\` is \`snapshot\`; then what changed, in
the order of the commits. Pull on while \`hasMore\`, and keep \`nextCursor\` for the next time. A row of the first part may come ahead of
changes that led to it: keep the higher \`version\`. \`fullSyncRequired\` says that the changes since the cursor are not there any more: drop
the copy and pull without one.`,
  live: `Each event is one change, named after what changed; its id is the change's number. Come back with \`Last-Event-ID\` and nothing is
lost or given twice. Without it the stream begins with the next change; its first event, \`ready\`, has the number after which that is. The
stream ends with the access token: come back with a new one. Where it ends for good, the last event is \`end\`, and its data a problem.`,
  undo: `Writes a new change that gives the fields of the old one the values that they had, or deletes the row that it made; that one can be
undone in turn. What has changed again since then stands in the way: \`CANNOT_UNDO\` names those fields.`,
};

const read = { scope: 'sync:read' } as const;
const write = { scope: 'sync:write' } as const;

export const syncRouter = {
  pull: authed({
    summary: 'Pull changes for a copy',
    description: stories.pull,
    followsChanges: true,
    ...read,
    rest: { method: 'GET', path: '/sync/changes' },
  })
    .input(s.pullInput.prefault({}))
    .output(s.pulled)
    .query(({ ctx, input }) => pullChanges(ctx, input)),

  live: authed({
    summary: 'Follow changes as they happen',
    description: stories.live,
    ...read,
    rest: { method: 'GET', path: '/sync/live' },
  })
    .input(s.liveInput.prefault({}))
    .output(streamOf(s.change))
    .subscription(async ({ ctx, input, signal }) => tracked<s.Change>(await streamChanges(ctx, input, signal))),

  undo: authed({
    summary: 'Undo a change',
    description: stories.undo,
    ...write,
    rest: { method: 'POST', path: '/sync/changes/{number}/undo' },
  })
    .input(s.undoInput)
    .output(s.change)
    .mutation(({ ctx, input }) => undoChange(ctx, input)),
};
