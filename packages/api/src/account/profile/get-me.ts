import type { UserContext } from '../../context.ts';
import { notFound } from '../../errors/domain-error.ts';
import { selectRow } from '../../platform/history/columns.ts';
import type { RowOf } from '../../platform/history/entity.ts';
import { users } from './entity.ts';
import type { UserOut } from './schemas.ts';
import { toUser } from './to-user.ts';

const statement = { name: 'users.me', text: `SELECT ${selectRow(users, 't')} FROM users t WHERE t.id = $1` };

/** The current user. */
export async function getMe(ctx: UserContext): Promise<UserOut> {
  const [row] = await ctx.deps.db.query<RowOf<typeof users>>(statement, [ctx.user.id]);
  if (row === undefined) throw notFound('user');
  return toUser(row);
}
