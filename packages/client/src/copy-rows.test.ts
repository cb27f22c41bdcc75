import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CopyRows, toStep } from './copy-rows.ts';
import type { Change, CopyRow } from './index.ts';

/** The guarantee: all that a copy looks at is there. */
function change(number: number, entity: Change['entity'], id: string, version: number | null, deleted = false): Change {
  const row = version === null ? null : { id, version };
  return {
    number,
    group: null,
    changedAt: new Date(0),
    action: 'update',
    entity,
    id,
    deleted: deleted || row === null,
    row,
  } as Change;
}

/** A history as a server writes it: each change takes the next number, each row the next version; what is purged is gone. */
const history = fc
  .array(
    fc.record({
      entity: fc.constantFrom<Change['entity']>('task', 'goal', 'label', 'list', 'user'),
      id: fc.constantFrom('a', 'b', 'c'),
      what: fc.constantFrom('write', 'write', 'write', 'delete', 'purge'),
    }),
    { maxLength: 30 },
  )
  .map((steps) => {
    const versions = new Map<string, number>();
    const purged = new Set<string>();
    const changes: Change[] = [];
    for (const { entity, id, what } of steps) {
      const key = `${entity} ${id}`;
      if (purged.has(key)) continue;
      if (what === 'purge') purged.add(key);
      versions.set(key, (versions.get(key) ?? 0) + 1);
      const version = what === 'purge' ? null : (versions.get(key) ?? 0);
      changes.push(change(changes.length + 1, entity, id, version, what === 'delete'));
    }
    return changes;
  });

function stateOf(copy: CopyRows): string[] {
  return copy
    .rows()
    .map(({ entity, id, row }) => `${entity} ${id} ${row.version}`)
    .sort();
}

/** What is left of a history, found the plain way: by the last change of each row. */
function expected(changes: readonly Change[]): string[] {
  const last = new Map(changes.map((item) => [`${item.entity} ${item.id}`, item]));
  return [...last]
    .flatMap(([key, { row, deleted }]) => (deleted || row === null ? [] : [`${key} ${row.version}`]))
    .sort();
}

test('the copy is the same for any order and any repetition of changes', () => {
  const shuffled = history.chain((changes) =>
    fc.tuple(fc.constant(changes), fc.shuffledSubarray([...changes, ...changes], { minLength: changes.length * 2 })),
  );
  fc.assert(
    fc.property(shuffled, ([changes, order]) => {
      const copy = new CopyRows();
      for (const item of order) copy.apply([item]);
      expect(stateOf(copy)).toEqual(expected(changes));
      expect(copy.apply(changes)).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('after the initial sync, old changes are ignored and new ones are applied', () => {
  fc.assert(
    fc.property(history, fc.nat(), fc.nat(), (changes, first, back) => {
      const settled = changes.length === 0 ? 0 : first % (changes.length + 1);
      const copy = new CopyRows();
      copy.apply(changes.slice(0, settled));
      copy.settle(settled);
      // A server that resumes too early: everything from there on comes again, in order.
      const news = copy.apply(changes.slice(settled === 0 ? 0 : back % settled));
      expect(news.every(({ number }) => number > settled)).toBe(true);
      expect(stateOf(copy)).toEqual(expected(changes));
    }),
    { numRuns: 500 },
  );
});

test('a pull from an older cursor does not move the copy back', () => {
  const copy = new CopyRows();
  copy.apply([change(5, 'task', 'a', 2, true)]);
  copy.settle(5);
  copy.settle(3);
  expect(copy.apply([change(4, 'task', 'a', 1)])).toEqual([]);
  expect(copy.number).toBe(5);
});

test('a full sync with rows newer than the following changes ends with the same copy', () => {
  fc.assert(
    fc.property(history, fc.nat(), fc.nat(), (changes, start, ahead) => {
      const begin = changes.length === 0 ? 0 : start % (changes.length + 1);
      const read = begin + (ahead % (changes.length - begin + 1));
      const source = new CopyRows();
      source.apply(changes.slice(0, read));
      const copy = new CopyRows();
      copy.apply(source.rows().map(({ entity, id, row }) => change(begin, entity, id, row.version)));
      copy.apply(changes.slice(begin));
      expect(stateOf(copy)).toEqual(expected(changes));
    }),
    { numRuns: 500 },
  );
});

test('the saved deltas of all steps add up to the copy', () => {
  fc.assert(
    fc.property(history, fc.integer({ min: 1, max: 7 }), (changes, size) => {
      const copy = new CopyRows();
      const saved = new Map<string, CopyRow>();
      for (let begin = 0; begin < changes.length; begin += size) {
        const { put, remove } = toStep(copy.apply(changes.slice(begin, begin + size)));
        for (const { entity, id } of remove) saved.delete(`${entity} ${id}`);
        for (const row of put) saved.set(`${row.entity} ${row.id}`, row);
      }
      const rows = [...saved.values()].map(({ entity, id, row }) => `${entity} ${id} ${row.version}`);
      expect(rows.sort()).toEqual(stateOf(copy));
    }),
    { numRuns: 300 },
  );
});

test('the difference of two copies turns one into the other', () => {
  fc.assert(
    fc.property(history, history, (before, after) => {
      const [older, newer] = [new CopyRows(), new CopyRows()];
      older.apply(before);
      newer.apply(after);
      newer.settle(after.length);
      const difference = newer.since(older);
      const rows = new Map<string, CopyRow>(older.rows().map((row) => [`${row.entity} ${row.id}`, row]));
      const { put, remove } = toStep(difference);
      for (const { entity, id } of remove) expect(rows.delete(`${entity} ${id}`)).toBe(true);
      for (const row of put) rows.set(`${row.entity} ${row.id}`, row);
      expect([...rows.values()].map(({ entity, id, row }) => `${entity} ${id} ${row.version}`).sort()).toEqual(
        stateOf(newer),
      );
    }),
    { numRuns: 300 },
  );
});

test('unknown tables of a newer server are ignored', () => {
  const copy = new CopyRows();
  // The guarantee: none; that is the point.
  const milestone = { ...change(1, 'task', 'l', 1), entity: 'milestone' } as unknown as Change;
  expect(copy.apply([milestone])).toEqual([]);
  expect(copy.rows()).toEqual([]);
});
