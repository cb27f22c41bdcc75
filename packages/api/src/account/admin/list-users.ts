import { type Statement, sqlFamily } from '@alice/db';
import { z } from 'zod';
import type { UserContext } from '../../context.ts';
import { rowShape, selectRow } from '../../platform/history/columns.ts';
import type { RowOf } from '../../platform/history/entity.ts';
import { id } from '../../platform/schemas/ids.ts';
import { decodeCursor, type Page, pageOf } from '../../platform/schemas/keyset.ts';
import { users } from '../profile/entity.ts';
import { toUser } from '../profile/to-user.ts';
import type { AccountOut, ListUsersInput } from './schemas.ts';

const order = 'created.desc';
const shape = z.tuple([z.iso.datetime({ precision: 3 }), id]);

/** One page of all users, newest first, for administrators. */
export async function listUsers(ctx: UserContext, input: ListUsersInput): Promise<Page<AccountOut>> {
  const after = input.cursor === undefined ? undefined : decodeCursor(input.cursor, order, shape);
  const { statement, values } = listStatement(input, after);
  const rows = await ctx.deps.db.query<RowOf<typeof users>>(statement, values);
  return pageOf(
    rows,
    input.limit,
    (row) => ({ ...toUser(row), disabledAt: row.disabledAt }),
    (last) => ({ order, values: [last.createdAt, last.id] }),
  );
}

const listed = sqlFamily('users.list');

/**
 * Contains only the conditions that are used, so that each combination gets its own plan and pages are read from the
 * index.
 */
export function listStatement(
  input: ListUsersInput,
  after: readonly [createdAt: string, id: string] | undefined,
): { readonly statement: Statement<RowOf<typeof users>>; readonly values: readonly unknown[] } {
  const values: unknown[] = [];
  const marks: string[] = [];
  const conditions: string[] = [];
  const param = (value: unknown) => `$${values.push(value)}`;
  const add = (mark: string, condition: string) => {
    marks.push(mark);
    conditions.push(condition);
  };

  if (input.role !== undefined) add('role', `t.role = ${param(input.role)}::role`);
  if (input.isDisabled === true) add('disabled', 't.disabled_at IS NOT NULL');
  if (input.isDisabled === false) add('enabled', 't.disabled_at IS NULL');
  if (input.text !== undefined) {
    const pattern = param(`%${input.text.replace(/[\\%_]/g, '\\$&')}%`);
    add('text', `(t.name ILIKE ${pattern} OR t.email ILIKE ${pattern})`);
  }
  if (after !== undefined) {
    const [createdAt, lastId] = after;
    add('after', `(t.created_at, t.id) < (${param(createdAt)}::timestamptz, ${param(lastId)}::uuid)`);
  }
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  const text = `SELECT ${selectRow(users, 't')} FROM users t ${where}
    ORDER BY t.created_at DESC, t.id DESC LIMIT ${param(input.limit + 1)}`;
  return { statement: listed({ name: ['users.list', ...marks].join('.'), returns: rowShape(users), text }), values };
}
