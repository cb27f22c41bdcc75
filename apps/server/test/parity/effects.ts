import type { House } from './house.ts';
import type { World } from './world.ts';

/** The people of a world: those who stood there before, and those who came since. */
const people = `SELECT id FROM users WHERE starts_with(email, lower($1))`;

/** All that has been done in a world: its people's activity lines, counters and rows as they are now. */
export async function effectsIn({ deps }: House, { name }: World) {
  const read = (text: string) => deps.db.query<{ row: object }>({ text }, [`${name}-`]);
  const rowsOf = (table: string, secret = '{}') =>
    read(`SELECT to_jsonb(t) - '${secret}'::text[] AS row FROM ${table} t JOIN users u ON u.id = t.user_id
           WHERE t.user_id IN (${people}) ORDER BY u.created_at, t.created_at, t.id`);
  const [lines, counters, users, lists, labels, tasks, occurrences, goals, sessions, ...guards] = await Promise.all([
    read(`SELECT to_jsonb(a) AS row FROM activity a JOIN users u ON u.id = a.user_id
           WHERE a.user_id IN (${people}) ORDER BY u.created_at, a.number`),
    read(`SELECT to_jsonb(c) AS row FROM change_counters c JOIN users u ON u.id = c.user_id
           WHERE c.user_id IN (${people}) ORDER BY u.created_at`),
    read(`SELECT to_jsonb(u) - 'password_hash' AS row FROM users u WHERE id IN (${people}) ORDER BY created_at`),
    rowsOf('lists'),
    rowsOf('labels'),
    rowsOf('tasks'),
    rowsOf('occurrences'),
    rowsOf('goals'),
    // The SDK's sign-ins bring a key of their own making.
    rowsOf('sessions', '{refresh_hash,start_key,start_hash}'),
    rowsOf('api_keys', '{hash,hint}'),
    rowsOf('passkeys', '{credential_id,public_key}'),
    rowsOf('totps', '{sealed_secret}'),
    rowsOf('recovery_codes', '{id,hash}'),
    rowsOf('one_time_tokens', '{id,hash,request_id}'),
  ]);
  return { lines, counters, users, lists, labels, tasks, occurrences, goals, sessions, guards };
}

/** How many activity lines the people of a world have. */
export async function countLines({ deps }: House, { name }: World): Promise<number> {
  const text = `SELECT count(*) AS lines FROM activity WHERE user_id IN (${people})`;
  const [counted] = await deps.db.query<{ lines: number }>({ text }, [`${name}-`]);
  return counted?.lines ?? 0;
}
