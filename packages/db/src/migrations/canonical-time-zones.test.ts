import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { testDatabase } from '../testing.ts';
import { MIGRATIONS_DIR } from './folder.ts';

/** Stored names, and what becomes of them. */
const zones = [
  ['AET', 'Australia/Sydney'],
  ['AST', 'America/Anchorage'],
  ['CET', 'Europe/Brussels'],
  ['US/Pacific-New', 'America/Los_Angeles'],
  ['europe/berlin', 'Europe/Berlin'],
  ['Asia/Calcutta', 'Asia/Kolkata'],
  ['Mars/Olympus', 'UTC'],
  ['UTC', 'UTC'],
  ['America/Argentina/Ushuaia', 'America/Argentina/Ushuaia'],
] as const;

test('stored time zone names of users and tasks become canonical', async () => {
  await using database = await testDatabase();
  const ids = new Map<string, string>();
  const now = new Date();
  for (const [timeZone] of zones) {
    const user = { email: randomUUID(), name: 'Ada', passwordHash: 'x', timeZone, createdAt: now, updatedAt: now };
    const { id: userId } = await database.prisma.user.create({ data: { id: randomUUID(), ...user } });
    ids.set(timeZone, userId);
    const due = {
      dueDate: new Date('2026-12-01'),
      dueTime: new Date('1970-01-01T09:30:00Z'),
      dueBy: new Date('2026-12-01'),
    };
    for (const dueTimeZone of [timeZone, null]) {
      const task = { id: randomUUID(), userId, title: 't', createdAt: now, updatedAt: now };
      await database.prisma.task.create({ data: { ...task, ...due, dueTimeZone } });
    }
  }
  const script = await readFile(join(MIGRATIONS_DIR, '20261127120000_canonical_time_zones', 'migration.sql'), 'utf8');
  // Twice: a zone that is in order stays as it is.
  for (let time = 0; time < 2; time += 1) {
    await database.query({ text: script }, []);
    for (const [stored, kept] of zones) {
      const id = ids.get(stored) ?? '';
      expect([stored, (await database.prisma.user.findUniqueOrThrow({ where: { id } })).timeZone]).toEqual([
        stored,
        kept,
      ]);
      const tasks = await database.prisma.task.findMany({ where: { userId: id }, orderBy: { dueTimeZone: 'asc' } });
      expect(tasks.map(({ dueTimeZone }) => dueTimeZone)).toEqual([kept, null]);
    }
  }
});
