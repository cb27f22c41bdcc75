import { sql } from '@alice/db';
import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { writeGroup } from '../../platform/history/write-context.ts';
import type { ChangeOut } from './change.ts';
import type { UndoInput } from './schemas.ts';
import { type Line, lineColumns, lineShape, mostAtOnce, undoLines } from './undo-lines.ts';

const findLine = sql({
  name: 'sync.findLine',
  returns: lineShape,
  text: `SELECT ${lineColumns} FROM activity WHERE user_id = $1 AND number = $2`,
});

/** $1 user, $2 the number of the group. The numbers of a group follow each other. */
const findGroup = sql({
  name: 'sync.findGroup',
  returns: lineShape,
  text: `
    SELECT ${lineColumns} FROM activity
     WHERE user_id = $1 AND number >= $2 AND number < $2::bigint + ${mostAtOnce} AND group_number = $2
     ORDER BY number`,
});

/**
 * Undoes a change, or a group of changes, with new ones: restores the old values, or deletes the rows that were created.
 * The new changes are a group, too, which can be undone. Returns the last of them. Throws NOT_FOUND, and CANNOT_UNDO if
 * a later change conflicts: then nothing is changed.
 */
export function undoChange(ctx: UserContext, { number, wholeGroup }: UndoInput): Promise<ChangeOut> {
  // Locked, so that nothing changes between the check and the write.
  return writeGroup(ctx, async (group) => {
    const { query } = group.deps.db;
    const [line] = await query<Line>(findLine, [ctx.user.id, number]);
    if (line === undefined) throw notFound('change');
    if (!wholeGroup || line.groupNumber === null) return undoLines({ ...group, group: undefined }, [line]);
    return undoLines(group, await query<Line>(findGroup, [ctx.user.id, line.groupNumber]));
  });
}
