import { sql, types } from '@alice/db';
import { v7 as uuidv7 } from 'uuid';
import type { UserContext } from '../../context.ts';
import { DomainError } from '../../errors/domain-error.ts';
import { createRow } from '../../platform/history/create-rows.ts';
import { lockPerson } from '../../platform/history/lock-person.ts';
import { labels } from './entity.ts';
import { refuseTakenName } from './refuse-taken-name.ts';
import type { CreateLabelInput, LabelOut } from './schemas.ts';
import { toLabel } from './to-label.ts';

/** More labels than this cannot be looked through. */
export const mostLabels = 500;

const countLabels = sql({
  name: 'labels.count',
  returns: { count: types.number },
  text: 'SELECT count(*)::int AS count FROM labels WHERE user_id = $1 AND deleted_at IS NULL',
});

/** Creates a label. Throws CONFLICT if the client's id or the name is taken, or at the limit of 500 labels. */
export function createLabel(ctx: UserContext, { id = uuidv7(), ...fields }: CreateLabelInput): Promise<LabelOut> {
  return ctx.deps.db.transaction(async ({ query }) => {
    await lockPerson(ctx.user.id, query);
    const [found] = await query(countLabels, [ctx.user.id]);
    if (found !== undefined && found.count >= mostLabels) {
      throw new DomainError('CONFLICT', `You already have ${mostLabels} labels: delete one first`);
    }
    const created = createRow({ ...ctx, query }, labels, { ...fields, id, deletedAt: null });
    return toLabel(await created.catch(refuseTakenName));
  });
}
