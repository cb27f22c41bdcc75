import { testDatabase } from '@alice/db/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { callAs, signUp, testDeps } from '../../testing/index.ts';
import { listStatement } from './list-users.ts';
import type { ListUsersInput } from './schemas.ts';

let deps: Deps;
let boss: Awaited<ReturnType<typeof signUp>>;
const many = 10_000;

beforeAll(async () => {
  deps = await testDeps(await testDatabase());
  boss = await signUp(deps, { name: 'Boss' });
  await deps.db.query({ text: `UPDATE users SET role = 'admin' WHERE id = $1` }, [boss.user.id]);
  // Ten of each moment, every hundredth locked out, every thousandth an administrator.
  await deps.db.query(
    {
      text: `
        INSERT INTO users (id, email, name, password_hash, role, created_at, updated_at, disabled_at)
        SELECT gen_random_uuid(), 'person' || n || '@example.org', CASE n WHEN 7 THEN '100%_\\Ödön' ELSE 'Person ' || n END, 'x',
               CASE WHEN n % 1000 = 0 THEN 'admin' ELSE 'user' END::role,
               '2026-01-01'::timestamptz + (n / 10) * interval '1 second', now(), CASE WHEN n % 100 = 0 THEN now() END
          FROM generate_series(1, $1::int) n`,
    },
    [many],
  );
  await deps.db.query({ text: 'ANALYZE users' }, []);
});
afterAll(() => deps.db.close());

async function readAll(filter: Partial<ListUsersInput>) {
  const items = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await boss.api.users.list({ limit: 100, ...filter, ...(cursor === undefined ? {} : { cursor }) });
    items.push(...page.items);
    cursor = page.nextCursor;
  }
  return items;
}

describe('the list of users', () => {
  it.each<[Partial<ListUsersInput>, number]>([
    [{ isDisabled: true }, many / 100],
    [{ role: 'admin' }, many / 1000 + 1],
    [{ role: 'admin', isDisabled: false }, 1],
    [{ text: 'ERSON 99' }, 111],
    [{ text: 'person99' }, 111],
    [{ text: '%_\\öd' }, 1],
    [{ text: '%' }, 1],
    [{ text: '_' }, 1],
    [{ text: '\\' }, 1],
    [{ text: 'nobody is called so' }, 0],
    [{ text: 'person 1', role: 'admin', isDisabled: true }, 2],
  ])('filtered by %o contains each match once, in order', async (filter, count) => {
    for (const limit of [7, 100]) {
      const items = await readAll({ ...filter, limit });
      expect(items).toHaveLength(count);
      expect(new Set(items.map(({ id }) => id)).size).toBe(count);
      const keys = items.map(({ createdAt, id }) => `${createdAt} ${id}`);
      expect(keys).toEqual([...keys].sort().reverse());
    }
  });

  it('contains every user, and stays consistent while users register', async () => {
    const first = await boss.api.users.list({ limit: 100, isDisabled: false });
    await signUp(deps);
    const rest = await readAll({ isDisabled: false, cursor: first.nextCursor ?? '' });
    expect(new Set([...first.items, ...rest].map(({ id }) => id)).size).toBe(many - many / 100 + 1);
  });

  it('contains no secret, and is for administrators only', async () => {
    const { items } = await boss.api.users.list({ limit: 1 });
    expect(JSON.stringify(items)).not.toMatch(/password/i);
    const { api } = await signUp(deps);
    await expect(api.users.list()).rejects.toMatchObject({ cause: { code: 'FORBIDDEN' } });
    const { key } = await boss.api.apiKeys.create({ name: 'k', scopes: ['users:read'], expiresInDays: 1 });
    await expect(callAs(deps, key).users.list()).rejects.toMatchObject({ cause: { code: 'INSUFFICIENT_SCOPE' } });
  });

  it('reads each page from the index, at any position', async () => {
    const explain = async (input: Partial<ListUsersInput>, after?: readonly [string, string]) => {
      const { statement, values } = listStatement({ limit: 20, ...input }, after);
      const rows = await deps.db.query<{ 'QUERY PLAN': string }>({ text: `EXPLAIN ANALYZE ${statement.text}` }, values);
      return rows.map((row) => row['QUERY PLAN']);
    };
    const middle = ['2026-01-01T00:08:20.000Z', '80000000-0000-4000-8000-000000000000'] as const;
    for (const [input, after] of [
      [{}, undefined],
      [{}, middle],
      [{ isDisabled: false }, middle],
      [{ text: 'person 5' }, middle],
    ] as const) {
      const plan = await explain(input, after);
      expect(plan.join('\n')).toContain('Index Scan Backward using users_created_at_id_idx');
      if (after !== undefined) expect(plan.join('\n')).toMatch(/Index Cond: \(ROW\(created_at, id\) < ROW/);
    }
    for (const input of [{ role: 'admin' }, { isDisabled: true }, { text: 'nobody is called so' }] as const) {
      console.info(`accounts by ${JSON.stringify(input)}: ${(await explain(input)).at(-1)}`);
    }
  });
});
