import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { columnName, columns } from './columns.ts';
import type { Database } from './database.ts';
import { databaseFault } from './errors.ts';
import { Prisma } from './generated/client.ts';
import { SCHEMA_FILE } from './migrations/folder.ts';
import { testDatabase } from './testing.ts';

let database: Database;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

const insertUser = async (): Promise<string> => {
  const id = randomUUID();
  await database.query(
    {
      text: `INSERT INTO users (id, email, name, password_hash, created_at, updated_at) VALUES ($1, $2, 'x', 'x', now(), now())`,
    },
    [id, id],
  );
  return id;
};
const insertTask = (userId: string, id: string, goalId: string | null = null): Promise<unknown[]> =>
  database.query(
    {
      text: `INSERT INTO tasks (user_id, id, title, goal_id, due_by, created_at, updated_at) VALUES ($1, $2, 'x', $3, now(), now(), now())`,
    },
    [userId, id, goalId],
  );

test('every column is the snake_case name of its field, in every model', async () => {
  const schema = await readFile(SCHEMA_FILE, 'utf8');
  for (const model of Object.values(Prisma.ModelName)) {
    const body = new RegExp(`^model ${model} \\{\\n([\\s\\S]*?)^\\}`, 'm').exec(schema)?.[1];
    const table = /@@map\("([^"]+)"\)/.exec(body ?? '')?.[1];
    const found = await database.query<{ column: string }>(
      { text: 'SELECT column_name AS column FROM information_schema.columns WHERE table_name = $1' },
      [table],
    );
    const fields = Object.values(Prisma[`${model}ScalarFieldEnum`]);
    expect(found.map(({ column }) => column).toSorted(), model).toEqual(fields.map(columnName).toSorted());
  }
});

test('the tables with a history have the columns of the schema', () => {
  expect(columns.tasks).toContainEqual({ field: 'dueTimeZone', column: 'due_time_zone' });
  expect(Object.keys(columns)).toEqual([
    'users',
    'sessions',
    'goals',
    'lists',
    'labels',
    'tasks',
    'occurrences',
    'api_keys',
    'passkeys',
    'totps',
  ]);
});

test("the database refuses a task in another user's goal", async () => {
  const [mine, theirs, goal] = [await insertUser(), await insertUser(), randomUUID()];
  await database.query(
    { text: `INSERT INTO goals (user_id, id, title, created_at, updated_at) VALUES ($1, $2, 'x', now(), now())` },
    [theirs, goal],
  );
  await insertTask(theirs, randomUUID(), goal);
  const refused = await insertTask(mine, randomUUID(), goal).catch((error: unknown) => databaseFault(error));
  expect(refused).toEqual({ kind: 'foreign_key', constraint: 'tasks_user_id_goal_id_fkey' });
});

test("the database refuses a task in another person's list, their Inbox included", async () => {
  const [mine, theirs] = [await insertUser(), await insertUser()];
  const refused = await database
    .query(
      {
        text: `INSERT INTO tasks (user_id, id, title, list_id, due_by, created_at, updated_at)
               VALUES ($1, $2, 'x', $3, now(), now(), now())`,
      },
      [mine, randomUUID(), theirs],
    )
    .catch((error: unknown) => databaseFault(error));
  expect(refused).toEqual({ kind: 'foreign_key', constraint: 'tasks_user_id_list_id_fkey' });
});

test('the database creates an Inbox for every new user', async () => {
  const id = await insertUser();
  const text = 'SELECT id, name, version FROM lists WHERE user_id = $1';
  expect(await database.query({ text }, [id])).toEqual([{ id, name: 'Inbox', version: 1 }]);
});

test('two users can have the same task id, one user cannot have it twice', async () => {
  const [one, two, id] = [await insertUser(), await insertUser(), randomUUID()];
  await insertTask(one, id);
  await insertTask(two, id);
  const refused = await insertTask(two, id).catch((error: unknown) => databaseFault(error));
  expect(refused).toEqual({ kind: 'unique', constraint: 'tasks_pkey' });
});

test('deleting a user deletes all their data', async () => {
  const [id, goal] = [await insertUser(), randomUUID()];
  await database.query(
    { text: `INSERT INTO goals (user_id, id, title, created_at, updated_at) VALUES ($1, $2, 'x', now(), now())` },
    [id, goal],
  );
  await insertTask(id, randomUUID(), goal);
  await database.query({ text: 'INSERT INTO change_counters (user_id) VALUES ($1)' }, [id]);
  await database.query({ text: 'DELETE FROM users WHERE id = $1' }, [id]);
  expect(await database.query({ text: 'SELECT 1 FROM tasks WHERE user_id = $1' }, [id])).toEqual([]);
});

test.each([
  ['tasks', `title = ''`, 'tasks_title_check'],
  ['tasks', `title = repeat('x', 501)`, 'tasks_title_check'],
  ['tasks', 'weight = -1', 'tasks_weight_check'],
  ['tasks', `weight = 'NaN'`, 'tasks_weight_check'],
  ['tasks', `weight = 'Infinity'`, 'tasks_weight_check'],
  ['tasks', 'estimate_minutes = -1', 'tasks_estimate_minutes_check'],
  ['tasks', `due_time = '09:00'`, 'tasks_due_time_check'],
  ['tasks', `due_date = '2026-11-22', due_time_zone = 'UTC'`, 'tasks_due_time_zone_check'],
  ['tasks', 'version = 0', 'tasks_version_check'],
  ['goals', `title = ''`, 'goals_title_check'],
  ['goals', `metric_start = 'NaN'`, 'goals_metric_start_check'],
  ['goals', `metric_target = '-Infinity'`, 'goals_metric_target_check'],
  ['goals', `metric_current = 'Infinity'`, 'goals_metric_current_check'],
  ['goals', 'version = 0', 'goals_version_check'],
  ['lists', `name = ''`, 'lists_name_check'],
  ['lists', `name = repeat('x', 101)`, 'lists_name_check'],
  ['lists', `color = 'red'`, 'lists_color_check'],
  ['lists', `position = 'a 1'`, 'lists_position_check'],
  ['lists', 'version = 0', 'lists_version_check'],
  // The row is the Inbox.
  ['lists', 'archived_at = now()', 'lists_inbox_check'],
  ['lists', 'deleted_at = now()', 'lists_inbox_check'],
  ['tasks', 'list_id = user_id', 'tasks_list_id_check'],
  ['tasks', `recurrence = '{}', planned_for = '2027-01-01'`, 'tasks_recurrence_check'],
  ['tasks', `recurrence = '{}', due_date = '2027-01-01'`, 'tasks_recurrence_check'],
  ['tasks', `planned_for = '2027-01-01', due_date = '2027-01-01'`, 'tasks_recurrence_check'],
  ['users', 'version = 0', 'users_version_check'],
  ['change_counters', 'number = -1', 'change_counters_number_check'],
])('refuses %s: %s', async (table, change, constraint) => {
  const [id, row] = [await insertUser(), randomUUID()];
  await insertTask(id, row);
  await database.query(
    { text: `INSERT INTO goals (user_id, id, title, created_at, updated_at) VALUES ($1, $2, 'x', now(), now())` },
    [id, row],
  );
  await database.query({ text: 'INSERT INTO change_counters (user_id) VALUES ($1)' }, [id]);
  const key = table === 'users' ? 'id' : 'user_id';
  const refused = await database
    .query({ text: `UPDATE ${table} SET ${change} WHERE ${key} = $1` }, [id])
    .catch((error: unknown) => databaseFault(error));
  expect(refused).toEqual({ kind: 'check', constraint });
});

test('500 characters are counted as code points, not as bytes', async () => {
  const [id, row] = [await insertUser(), randomUUID()];
  await insertTask(id, row);
  await database.query({ text: 'UPDATE tasks SET title = $2 WHERE user_id = $1' }, [id, 'é🎯'.repeat(250)]);
});
