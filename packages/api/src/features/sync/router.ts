import { authed } from '../../procedures/access.ts';
import { streamOf, tracked } from '../../procedures/streams.ts';
import { type Change, change, pulled } from './change.ts';
import { pullChanges } from './pull-changes.ts';
import * as s from './schemas.ts';
import { streamChanges } from './stream-changes.ts';
import { undoChange } from './undo-change.ts';
import { undoSince } from './undo-since.ts';

/** Markdown, for the reference. */
const descriptions = {
  pull: `Without a \`cursor\` it first returns all rows, as changes whose \`action\` is \`snapshot\`, then the changes in commit order. Continue
while \`hasMore\` is true, and store \`nextCursor\` for the next pull. A snapshot row can be newer than the changes that follow it: keep the row
with the higher \`version\`. \`fullSyncRequired\` means that the server no longer has the changes since the cursor: discard the local copy and
pull without a cursor.`,
  live: `Server-sent events. Each event is one change: its name is the entity, its id is the change number. To resume without losing or
repeating a change, reconnect with \`Last-Event-ID\`. Without it, the stream starts with the next change; the first event, \`ready\`, contains
the number of the latest change. The stream ends when the access token expires: reconnect with a new token. If reconnecting cannot help, the
last event is \`end\`, and its data is a problem (RFC 9457).`,
  undo: `Undoes one change, or a group of changes as a whole. Writes new changes that restore the previous values, or delete the rows that were
created. You can undo an undo. If a field has changed again since then, this fails with \`CANNOT_UNDO\`, which lists these fields, and nothing
is changed.`,
  undoSince: `Undoes everything that one session or one API key has changed after a change number, as one group. Security events stay. It
returns the last of the new changes: undo its group to have everything back. A conflict changes nothing, and names the rows.`,
};

const read = { scope: 'sync:read' } as const;
const write = { scope: 'sync:write' } as const;

export const syncRouter = {
  pull: authed({
    summary: 'List changes since a cursor',
    description: descriptions.pull,
    followsChanges: true,
    ...read,
    rest: { method: 'GET', path: '/sync/changes' },
  })
    .input(s.pullInput.prefault({}))
    .output(pulled)
    .query(({ ctx, input }) => pullChanges(ctx, input)),

  live: authed({
    summary: 'Stream changes (SSE)',
    description: descriptions.live,
    ...read,
    rest: { method: 'GET', path: '/sync/live' },
  })
    .input(s.liveInput.prefault({}))
    .output(streamOf(change))
    .subscription(async ({ ctx, input, signal }) => tracked<Change>(await streamChanges(ctx, input, signal))),

  undo: authed({
    summary: 'Undo a change',
    description: descriptions.undo,
    ...write,
    rest: { method: 'POST', path: '/sync/changes/{number}/undo' },
  })
    .input(s.undoInput)
    .output(change)
    .mutation(({ ctx, input }) => undoChange(ctx, input)),

  undoSince: authed({
    summary: 'Undo what a session or an API key did',
    description: descriptions.undoSince,
    ...write,
    rest: { method: 'POST', path: '/sync/undo-since' },
  })
    .input(s.undoSinceInput)
    .output(change)
    .mutation(({ ctx, input }) => undoSince(ctx, input)),
};
