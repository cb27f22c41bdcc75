import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Database, openDatabase, sqlFamily } from '@alice/db';
import { migrate } from '@alice/db/migrations';
import { v7 as uuidv7 } from 'uuid';
import { createBenchDatabase } from './database.ts';
import { databaseServerUrl } from './env.ts';
import { median } from './statistics.ts';

const rounds = 9;
const callsPerRound = 400;
const keyCount = 50;
const pageSize = 20;
const now = new Date('2026-11-22T08:30:00.000Z');

/** What a page or a single key shows: everything except the hash. */
const shown = {
  id: true,
  name: true,
  hint: true,
  scopes: true,
  expiresAt: true,
  lastUsedAt: true,
  lastUsedAddress: true,
  endedAt: true,
  version: true,
  createdAt: true,
  updatedAt: true,
} as const;
const columns = `t.id, t.name, t.hint, t.scopes, t.expires_at AS "expiresAt", t.last_used_at AS "lastUsedAt",
  t.last_used_address AS "lastUsedAddress", t.ended_at AS "endedAt", t.version, t.created_at AS "createdAt",
  t.updated_at AS "updatedAt"`;

const compared = sqlFamily('bench.prisma');

interface Comparison {
  readonly name: string;
  readonly sql: () => Promise<unknown>;
  readonly prisma: () => Promise<unknown>;
}

/** Compares named SQL with Prisma Client, call by call, on both databases: what each costs, and what Prisma costs at rest. */
export async function measurePrisma(cleanUp: AsyncDisposableStack, say: (line: string) => void): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'alice-bench-data-'));
  cleanUp.defer(() => rm(dataDir, { recursive: true, force: true }));
  const server = cleanUp.use(await createBenchDatabase(databaseServerUrl()));
  await measureOn('PostgreSQL server', await openDatabase({ url: server.url }), say);
  await measureOn('embedded database', await openDatabase({ dataDir }), say);
}

async function measureOn(name: string, database: Database, say: (line: string) => void): Promise<void> {
  await using db = database;
  await migrate({ database: db });
  const { userId, id } = await fill(db);
  say(`\n${name}: median µs per call of ${rounds} rounds, one caller`);
  say(`  ${await loading(db)}`);
  for (const { name: what, sql, prisma } of comparisons(db, userId, id)) {
    const times: { sql: number[]; prisma: number[] } = { sql: [], prisma: [] };
    for (let round = -1; round < rounds; round += 1) {
      const [bySql, byPrisma] = [await timeOf(sql), await timeOf(prisma)];
      if (round < 0) continue;
      times.sql.push(bySql);
      times.prisma.push(byPrisma);
    }
    const [bySql, byPrisma] = [median(times.sql), median(times.prisma)];
    say(
      `  ${what.padEnd(34)} SQL ${bySql.toFixed(0).padStart(5)}  Prisma ${byPrisma.toFixed(0).padStart(5)}  × ${(byPrisma / bySql).toFixed(2)}`,
    );
  }
}

async function timeOf(call: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  for (let count = 0; count < callsPerRound; count += 1) await call();
  return ((performance.now() - began) * 1000) / callsPerRound;
}

/** Loads Prisma's query compiler, as the server does at its start. The second database of this process shares it. */
async function loading(db: Database): Promise<string> {
  const before = process.memoryUsage.rss();
  const began = performance.now();
  await db.prisma.$connect();
  await db.prisma.user.count();
  const ms = performance.now() - began;
  const grown = (process.memoryUsage.rss() - before) / 2 ** 20;
  return `Prisma loads its query compiler and answers the first query in ${ms.toFixed(0)} ms, with ${grown.toFixed(0)} MB`;
}

function comparisons(db: Database, userId: string, id: string): Comparison[] {
  /** As each call of the API does: a view of the database, so that callers take turns. */
  const caller = () => db.for({ owner: userId });
  const get = compared({
    name: 'bench.get',
    text: `SELECT ${columns} FROM api_keys t WHERE t.user_id = $1 AND t.id = $2`,
  });
  const list = compared({
    name: 'bench.list',
    text: `SELECT ${columns} FROM api_keys t WHERE t.user_id = $1 AND t.ended_at IS NULL AND t.expires_at > $2
            ORDER BY t.id DESC LIMIT $3`,
  });
  const verify = compared({
    name: 'bench.verify',
    text: `SELECT k.hash, k.scopes, k.expires_at AS "expiresAt" FROM api_keys k JOIN users u ON u.id = k.user_id
            WHERE k.user_id = $1 AND k.id = $2 AND k.ended_at IS NULL AND u.disabled_at IS NULL`,
  });
  const mark = compared({
    name: 'bench.mark',
    text: 'UPDATE api_keys SET last_used_at = $3 WHERE user_id = $1 AND id = $2',
  });
  return [
    {
      name: 'get a key',
      sql: () => caller().query(get, [userId, id]),
      prisma: () => caller().prisma.apiKey.findFirst({ where: { userId, id }, select: shown }),
    },
    {
      name: `list ${pageSize} keys`,
      sql: () => caller().query(list, [userId, now.toISOString(), pageSize]),
      prisma: () =>
        caller().prisma.apiKey.findMany({
          where: { userId, endedAt: null, expiresAt: { gt: now } },
          select: shown,
          orderBy: { id: 'desc' },
          take: pageSize,
        }),
    },
    {
      name: 'find the key of a call (a join)',
      sql: () => caller().query(verify, [userId, id]),
      prisma: () =>
        caller().prisma.apiKey.findFirst({
          where: { userId, id, endedAt: null, user: { disabledAt: null } },
          select: { hash: true, scopes: true, expiresAt: true },
        }),
    },
    {
      name: 'update one column',
      sql: () => caller().query(mark, [userId, id, now.toISOString()]),
      prisma: () => caller().prisma.apiKey.updateMany({ where: { userId, id }, data: { lastUsedAt: now } }),
    },
  ];
}

async function fill(db: Database): Promise<{ userId: string; id: string }> {
  const userId = uuidv7();
  await db.query(
    {
      text: `INSERT INTO users (id, email, name, password_hash, created_at, updated_at) VALUES ($1, 'bench@bench.test', 'Ada', '-', $2, $2)`,
    },
    [userId, now.toISOString()],
  );
  const ids = Array.from({ length: keyCount }, () => uuidv7());
  await db.query(
    {
      text: `INSERT INTO api_keys (user_id, id, name, hash, hint, scopes, expires_at, created_at, updated_at)
             SELECT $1, k, 'Backup script', sha256('key'), 'x3Qk', '{tasks:read,goals:read}', $3::timestamptz + interval '30 days', $3, $3
               FROM unnest($2::uuid[]) k`,
    },
    [userId, ids, now.toISOString()],
  );
  return { userId, id: ids[keyCount - 1] ?? '' };
}
