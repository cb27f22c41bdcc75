import { sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { quoted } from '../../platform/history/columns.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import type { ChangeOut } from './change.ts';
import type { UndoSinceInput } from './schemas.ts';
import { syncedNames } from './synced-entities.ts';
import { cannot, type Line, lineColumns, lineShape, mostAtOnce, undoLines } from './undo-lines.ts';

/** $1 user, $2 after which number, $3 the session or the API key. Security events are left out: they cannot be undone. */
const findMadeBy = sql({
  name: 'sync.findMadeBy',
  returns: lineShape,
  text: `
    SELECT ${lineColumns} FROM activity
     WHERE user_id = $1 AND number > $2 AND session_id = $3 AND entity IN (${quoted(syncedNames)})
       AND (entity <> 'user' OR action IN ('update', 'undo'))
     ORDER BY number LIMIT ${mostAtOnce + 1}`,
});

/**
 * Undoes all changes that one session or one API key has made since then, as a group. Returns the last of the new
 * changes. Throws NOT_FOUND if there are none, and CANNOT_UNDO if a later change conflicts, or for more than 2,500.
 */
export function undoSince(ctx: UserContext, { since, madeBy }: UndoSinceInput): Promise<ChangeOut> {
  return writeGroup(ctx, async (group) => {
    const values = [ctx.user.id, since, madeBy];
    const lines = await group.deps.db.query<Line>(findMadeBy, values);
    if (lines.length === 0) throw notFound('change');
    if (lines.length > mostAtOnce) {
      throw cannot(
        `There are more than ${mostAtOnce} changes since then: undo the latest ones first, with a later \`since\``,
      );
    }
    return undoLines(group, lines);
  });
}
