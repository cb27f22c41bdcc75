import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createBenchDatabase } from './database.ts';
import { databaseServerUrl } from './env.ts';
import { descendantBytes, residentBytes } from './memory.ts';
import { type ServerOptions, startServer } from './server-process.ts';
import { median } from './statistics.ts';

const starts = 5;
const restMs = 3000;

/**
 * Starts our server on both databases, first on an empty one and then again, and says how long each start took until it was
 * ready, and what memory it held at rest.
 */
export async function measureStarts(cleanUp: AsyncDisposableStack, say: (line: string) => void): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'alice-bench-data-'));
  cleanUp.defer(() => rm(dataDir, { recursive: true, force: true }));
  const database = cleanUp.use(await createBenchDatabase(databaseServerUrl()));
  await measureOn('embedded database', { dataDir }, cleanUp, say);
  await measureOn('PostgreSQL server', { databaseUrl: database.url }, cleanUp, say);
}

async function measureOn(
  name: string,
  options: ServerOptions,
  cleanUp: AsyncDisposableStack,
  say: (line: string) => void,
): Promise<void> {
  const times: number[] = [];
  let memory = '';
  for (let count = 0; count <= starts; count += 1) {
    const began = performance.now();
    const server = await startServer(options, cleanUp);
    times.push(performance.now() - began);
    if (count === starts) {
      await sleep(restMs);
      const megabytes = (bytes: number | null) => (bytes === null ? '?' : Math.round(bytes / 2 ** 20));
      memory = `${megabytes(await residentBytes(server.pid))} MB, its database ${megabytes(await descendantBytes(server.pid))} MB`;
    }
    await server.stop();
  }
  const [first = 0, ...again] = times.map(Math.round);
  say(
    `${name}: ready after ${first} ms the first time, then ${median(again)} ms (${Math.min(...again)}–${Math.max(...again)})`,
  );
  say(`  at rest: our process ${memory}`);
}
