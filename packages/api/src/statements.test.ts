import { glob, readFile } from 'node:fs/promises';
import { type Statement, sql, types } from '@alice/db';
import { checkStatements, declaredStatements, testDatabase } from '@alice/db/testing';
import { expect, test } from 'vitest';
import { listStatement } from './account/admin/list-users.ts';
import { accountEntities } from './account/entities.ts';
import { pageOf } from './account/export/export-account.ts';
import { listed } from './account/export/export-format.ts';
import { featureEntities } from './features/entities.ts';
import { pageStatement, selectionOf } from './features/tasks/list-tasks.ts';
import { stepStatement } from './features/tasks/search-tasks.ts';
import { type Condition, declaredConditions } from './platform/history/condition.ts';
import { insertStatement } from './platform/history/create-rows.ts';
import type { Entity, Link } from './platform/history/entity.ts';
import { linkedStatement } from './platform/history/links.ts';
import { updateStatement } from './platform/history/update-rows.ts';

const entities: readonly Entity[] = [...accountEntities, ...featureEntities];

const sources = import.meta.dirname;

async function productFiles(): Promise<string[]> {
  const files: string[] = [];
  for await (const file of glob('**/*.ts', { cwd: sources })) {
    if (!/\.test\.ts$|\.d\.ts$|^testing\//.test(file)) files.push(file);
  }
  return files;
}

/** Every combination of one value of each list. */
function combinations(lists: readonly (readonly unknown[])[]): unknown[][] {
  return lists.reduce<unknown[][]>((all, list) => all.flatMap((some) => list.map((value) => [...some, value])), [[]]);
}

/** Every selection of some links, none and all among them. */
function linkSets({ links }: Entity): (readonly Link[])[] {
  const choices = links.map((link) => [[], [link]]);
  // The values of `choices`.
  return combinations(choices).map((chosen) => chosen.flat() as Link[]);
}

const at = '2026-03-04T10:00:00.000Z';
const id = '01990000-0000-7000-8000-000000000000';
const other = '01990000-0000-7000-8000-000000000001';

function* userLists(): Generator<Statement> {
  const choices = [
    [undefined, 'admin'],
    [undefined, true, false],
    [undefined, 'ada'],
    [undefined, [at, id]],
  ] as const;
  for (const [role, isDisabled, text, after] of combinations(choices)) {
    // The guarantee: the values of `choices`, in their order.
    const input = { limit: 20, role, isDisabled, text } as Parameters<typeof listStatement>[0];
    yield listStatement(input, after as readonly [string, string] | undefined).statement;
  }
}

function* taskSelections() {
  const after = {
    created: [at, id],
    due: ['2026-03-04 10:00:00', id],
    priority: ['high', at, id],
    position: ['a0', id],
  };
  const choices = [
    ['created', 'due', 'priority', 'position'],
    ['asc', 'desc'],
    [false, true],
    [undefined, ['todo'], ['todo', 'done']],
    [undefined, ['high']],
    [undefined, id, other],
    [{}, { goalId: id, labelId: id, availableOn: '2026-03-01' }],
    [undefined, {}, { from: '2026-03-01' }, { to: '2026-03-31' }, { from: '2026-03-01', to: '2026-03-31' }],
    [false, true],
  ];
  for (const chosen of combinations(choices)) {
    const [order, direction, deleted, status, priority, listId, links, due, isFurther] = chosen;
    const values: object = { order, direction, deleted, status, priority, listId, ...Object(links), due, limit: 20 };
    // The guarantee: the values of `choices`, in their order.
    const input = values as Parameters<typeof selectionOf>[1];
    yield selectionOf(id, input, isFurther === true ? after[input.order] : undefined);
  }
}

function* updates(): Generator<Statement> {
  for (const entity of entities) {
    const conditions = declaredConditions().filter((each) => each.entity === entity);
    const onlyIfs = conditions.filter((each) => isFor('onlyIf', each));
    const wheres = conditions.filter((each) => isFor('where', each));
    for (const links of linkSets(entity)) {
      for (const rows of ['live', 'all'] as const) {
        for (const onlyIf of [undefined, ...onlyIfs]) {
          const options = { action: 'change', rows, onlyIf };
          yield updateStatement(entity, 'one', links, options);
          yield updateStatement(entity, 'many', links, options);
          for (const where of wheres) yield updateStatement(entity, 'where', links, options, where);
        }
      }
    }
  }
}

function isFor<Place extends Condition['place']>(place: Place, condition: Condition): condition is Condition<Place> {
  return condition.place === place;
}

/** The variants of each family of generated statements. */
const variants: Readonly<Record<string, () => Iterable<Statement>>> = {
  'changes.create': () =>
    entities.flatMap((entity) =>
      linkSets(entity).flatMap((links) => [true, false].map((isOne) => insertStatement(entity, links, isOne))),
    ),
  'changes.update': updates,
  'history.linked': () => entities.flatMap(({ links }) => links.map(linkedStatement)),
  exports: () => listed(entities).map(({ entity }) => pageOf(entity)),
  'users.list': userLists,
  'tasks.list': () =>
    [...taskSelections()].flatMap((selection) => [
      pageStatement(selection, 20).statement,
      pageStatement(selection, 100).statement,
    ]),
  'tasks.search': () =>
    [...taskSelections()].map(
      (selection) => stepStatement(selection, { text: 'a', size: 1, bytes: 1, wanted: 1 }).statement,
    ),
  // pg-boss writes its own SQL, and reads its own rows.
  jobs: () => [],
};

test('every named statement of the product returns the columns that it declares', async () => {
  await using database = await testDatabase();
  const files = await productFiles();
  for (const file of files) await import(`${sources}/${file}`);
  const { statements, families } = declaredStatements();
  expect(Object.keys(variants).toSorted()).toEqual(families.toSorted());
  expect(statements.length).toBeGreaterThan(60);
  expect(await checkStatements(database, statements)).toEqual([]);
  for (const [family, variantsOfFamily] of Object.entries(variants)) {
    const found = [...variantsOfFamily()];
    expect(found.length > 0 || family === 'jobs').toBe(true);
    expect(await checkStatements(database, found)).toEqual([]);
  }
});

test('SQL with rows is written in declared statements only', async () => {
  const unnamed: string[] = [];
  for (const file of await productFiles()) {
    const text = await readFile(`${sources}/${file}`, 'utf8');
    for (const [literal] of text.matchAll(/\{\s*text: ?[`'"][^`'"]*/g))
      unnamed.push(literal.replace(/^\{\s*text: ?./, ''));
  }
  expect(unnamed.filter((text) => !/^SET (LOCAL|TRANSACTION) /.test(text))).toEqual([]);
});

test('a statement that is wrong is found', async () => {
  await using database = await testDatabase();
  const wrong = [
    sql({ name: 'test.missing', returns: { id: types.uuid, name: types.text }, text: 'SELECT id FROM users' }),
    sql({ name: 'test.further', returns: { id: types.uuid }, text: 'SELECT id, name FROM users' }),
    sql({ name: 'test.type', returns: { id: types.number }, text: 'SELECT id FROM users' }),
    sql({ name: 'test.null', returns: { at: types.instant }, text: 'SELECT disabled_at AS at FROM users' }),
    sql({ name: 'test.labels', returns: { role: types.oneOf(['user']) }, text: 'SELECT role FROM users' }),
    sql({ name: 'test.column', returns: {}, text: 'SELECT nothing FROM users' }),
  ];
  expect(await checkStatements(database, wrong)).toEqual([
    'test.missing: does not return "name"',
    'test.further: returns "name", which it does not declare',
    'test.type: "id" is uuid, not int2 or int4 or int8 or float8 or numeric',
    'test.null: "at" can be NULL, as users.disabled_at can',
    'test.labels: "role" has the labels admin,user, not user',
    'test.column: column "nothing" does not exist',
  ]);
});
