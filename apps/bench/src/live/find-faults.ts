import { isDeepStrictEqual } from 'node:util';
import { type Database, type DatabaseOptions, openDatabase } from '@alice/db';
import type { LocalCopy } from './local-copy.ts';
import type { Acknowledgement } from './writer.ts';

interface Line {
  readonly userId: string;
  readonly number: number;
  readonly entity: string;
  readonly id: string;
  readonly version: number;
  readonly title: string | null;
}

export interface Findings {
  /** Rows compared in copies, and changes that had to reach them. */
  readonly rows: number;
  readonly expected: number;
  readonly faults: readonly string[];
}

const lines = {
  text: `
    SELECT user_id AS "userId", number, entity, entity_id AS id, (after ->> 'version')::int AS version,
           after ->> 'title' AS title
      FROM activity WHERE entity IN ('user', 'list', 'label', 'goal', 'task') ORDER BY user_id, number`,
};

/**
 * Compares what the clients hold with what the database holds. Whatever was acknowledged stands in the history; every
 * number after a copy's start came to it once and in order; a copy's rows are the database's.
 */
export async function findFaults(
  options: DatabaseOptions,
  copies: readonly LocalCopy[],
  acknowledged: readonly Acknowledgement[],
): Promise<Findings> {
  await using database = await openDatabase(options);
  const all = await database.query<Line>(lines, []);
  const byPerson = Map.groupBy(all, ({ userId }) => userId);
  const faults = [...lostWrites(all, acknowledged)];
  let rows = 0;
  let expected = 0;
  for (const [index, copy] of copies.entries()) {
    const name = `copy ${index} of ${copy.person.id}`;
    faults.push(...copy.faults.map((fault) => `${name}: ${fault}`));
    const { start } = copy;
    if (start === null) {
      faults.push(`${name} never ended its first sync`);
      continue;
    }
    const numbers = (byPerson.get(copy.person.id) ?? []).map(({ number }) => number).filter((number) => number > start);
    expected += numbers.length;
    faults.push(...wrongNumbers(copy.received, numbers).map((fault) => `${name}: ${fault}`));
    for (const entity of ['task', 'goal'] as const) {
      const found = await liveRows(database, entity, copy.person.id);
      rows += found.size;
      faults.push(...wrongRows(copy.rows(entity), found).map((fault) => `${name}, ${entity} ${fault}`));
    }
  }
  return { rows, expected, faults };
}

function lostWrites(all: readonly Line[], acknowledged: readonly Acknowledgement[]): string[] {
  const written = new Map(all.map((line) => [`${line.userId} ${line.entity} ${line.id} ${line.version}`, line]));
  return acknowledged.flatMap(({ person, entity, id, version, title }) => {
    const line = written.get(`${person.id} ${entity} ${id} ${version}`);
    if (line === undefined) return `${entity} ${id}: version ${version} was acknowledged and is not in the history`;
    // A deletion and a restoration write no title.
    return line.title !== null && line.title !== title ? `${entity} ${id}: version ${version} has another title` : [];
  });
}

function wrongNumbers(received: readonly number[], expected: readonly number[]): string[] {
  if (isDeepStrictEqual(received, expected)) return [];
  const seen = new Set(received);
  const lost = expected.filter((number) => !seen.has(number));
  const disorder = received.filter((number, index) => number <= (received[index - 1] ?? 0));
  const strange = received.filter((number) => !expected.includes(number));
  return [
    `${expected.length} numbers expected, ${received.length} came; lost: ${lost.join() || 'none'}; ` +
      `doubled or out of order: ${disorder.join() || 'none'}; not in the history: ${strange.join() || 'none'}`,
  ];
}

interface StoredRow {
  readonly id: string;
  readonly title: string;
  readonly version: number;
  readonly updatedAt: string;
}

async function liveRows(database: Database, entity: 'task' | 'goal', person: string): Promise<Map<string, StoredRow>> {
  const rows = await database.query<StoredRow>(
    {
      text: `SELECT id, title, version, updated_at AS "updatedAt" FROM ${entity}s WHERE user_id = $1 AND deleted_at IS NULL`,
    },
    [person],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

function wrongRows(
  held: ReadonlyMap<string, Readonly<Record<string, unknown>> | null>,
  stored: ReadonlyMap<string, StoredRow>,
): string[] {
  const faults: string[] = [];
  for (const [id, row] of stored) {
    const own = held.get(id);
    if (own == null) faults.push(`${id} is missing`);
    else if (own['version'] !== row.version || own['title'] !== row.title || own['updatedAt'] !== row.updatedAt)
      faults.push(`${id} differs: ${JSON.stringify(own)} instead of ${JSON.stringify(row)}`);
  }
  for (const id of held.keys()) if (!stored.has(id)) faults.push(`${id} is there and should not be`);
  return faults;
}
