import { columns } from '@alice/db';
import { ActivityEntity } from '@alice/db/models';
import { testDatabase } from '@alice/db/testing';
import { expect, it } from 'vitest';
import { securityEntity } from './account/activity/schemas.ts';
import { accountEntities } from './account/entities.ts';
import { featureEntities, syncedEntities } from './features/entities.ts';
import type { Entity } from './platform/history/entity.ts';

const entities: readonly Entity[] = [...accountEntities, ...featureEntities];

/** Tables of a user's rows that are no entities, and why. */
const others: Readonly<Record<string, string>> = {
  change_counters: 'the number of the latest change; an export lists the changes',
  activity: 'the history itself; an export has a list of its own for it',
  task_labels: 'a copy of `tasks.label_ids`, which an export has',
  task_blockers: 'a copy of `tasks.blocked_by`, which an export has',
  recovery_codes: 'only hashes; the history records when codes were created and used',
  one_time_tokens: 'hashes that are deleted after a day',
  idempotency_keys: 'replies that are deleted after a day',
};

it('every table of rows that a user owns is an entity, or says why it is none', async () => {
  await using db = await testDatabase();
  const found = await db.query<{ name: string }>(
    {
      text: `SELECT c.table_name AS name FROM information_schema.columns c
              WHERE c.table_schema = 'public' AND c.column_name = 'user_id'`,
    },
    [],
  );
  const known = [
    ...entities.filter(({ owner }) => owner === 'user_id').map(({ table }) => table),
    ...Object.keys(others),
  ];
  expect(found.map(({ name }) => name).sort()).toEqual(known.sort());
});

it('every entity of the history is defined once, and every table with a history has one', () => {
  expect(entities.map(({ name }) => name).sort()).toEqual(Object.values(ActivityEntity).sort());
  expect(entities.map(({ table }) => table).sort()).toEqual(Object.keys(columns).sort());
});

it('every entity is in an export and in a local copy, or says why it is not', () => {
  for (const entity of entities) {
    const { name, export: exported, sync } = entity;
    expect('list' in exported || exported.none.length > 10, `export of ${name}`).toBe(true);
    expect('row' in sync || sync.none.length > 10, `sync of ${name}`).toBe(true);
    const isCopied = syncedEntities.some((synced) => synced.name === name);
    expect(isCopied, `${name} in features/entities.ts`).toBe('row' in sync);
  }
});

it('the security events are about the entities of an account', () => {
  const names = entities.filter(({ history }) => history === 'security').map(({ name }) => name);
  expect([...securityEntity.options].sort()).toEqual(names.sort());
});

it('the fields and links of an entity are columns of its table', () => {
  for (const { name, table, fields, secret, derived, derivedFromOld, links } of entities) {
    const names = columns[table].map(({ column }) => column);
    const used = [...Object.keys(fields), ...Object.keys(derived), ...Object.keys(derivedFromOld)];
    expect(names, name).toEqual(expect.arrayContaining([...used, ...links.map(({ column }) => column)]));
    expect(
      columns[table].map(({ field }) => field),
      name,
    ).toEqual(expect.arrayContaining([...secret, ...links.map(({ field }) => field)]));
  }
});
