import { expect, test } from 'vitest';

import { assertSession } from './session.ts';
import { testDatabase } from './testing.ts';

test('refuses a session that is not in UTC', async () => {
  await using database = await testDatabase();
  await expect(assertSession(database)).resolves.toBeUndefined();
  await database.transaction(async (tx) => {
    await tx.query({ text: `SET LOCAL TimeZone = 'Europe/Berlin'` }, []);
    await expect(assertSession(tx)).rejects.toThrow('time zone Europe/Berlin, not UTC');
  });
});

test('refuses a session whose date format is not ISO', async () => {
  await using database = await testDatabase();
  await database.transaction(async (tx) => {
    await tx.query({ text: `SET LOCAL DateStyle = 'German'` }, []);
    await expect(assertSession(tx)).rejects.toThrow('DateStyle German');
  });
});
