import { setTimeout as sleep } from 'node:timers/promises';

import { expect, test } from 'vitest';

import { blackHole } from '../fixtures/black-hole.ts';
import { makePlace } from '../testing-places.ts';
import { openLocation } from './open-location.ts';
import { beginTransfer } from './session.ts';

test('a copy survives a database that accepts no connection for some seconds', { timeout: 60_000 }, async () => {
  const place = await makePlace();
  const network = await blackHole(place.url);
  const database = await openLocation({ url: network.url }, 'alone');
  {
    await using session = await beginTransfer(database, 'read');
    const answer = session.rows<{ one: number }>('SELECT 1 AS one FROM pg_sleep(5)');
    await sleep(300);
    network.swallow(true);
    await sleep(3_500);
    network.swallow(false);
    expect(await answer).toEqual([{ one: 1 }]);
  }
  await database.close();
  await network[Symbol.asyncDispose]();
  await place.remove();
});
