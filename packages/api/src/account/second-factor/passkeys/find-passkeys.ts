import type { Rows, RunQuery } from '@alice/db';
import { selectRowWith } from '../../../platform/history/columns.ts';
import { passkeys } from './entity.ts';

/** The maximum number of passkeys per user. */
export const mostPasskeys = 20;

const statement = {
  name: 'passkeys.live',
  text: `
    SELECT ${selectRowWith(passkeys, passkeys.secret, 't')} FROM passkeys t
     WHERE t.user_id = $1 AND t.ended_at IS NULL ORDER BY t.created_at DESC, t.id DESC LIMIT $2`,
};

/** The active passkeys, newest first. */
export function findPasskeys(query: RunQuery, userId: string): Promise<Rows['passkeys'][]> {
  return query<Rows['passkeys']>(statement, [userId, mostPasskeys]);
}
