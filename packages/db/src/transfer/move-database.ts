import manifest from '../../package.json' with { type: 'json' };
import type { Location } from '../env.ts';
import { loadSnapshot } from './load-snapshot.ts';
import { type Source, withSource } from './open-location.ts';
import { requireNoAlice } from './require-no-alice.ts';
import { takeSnapshot } from './snapshot.ts';
import { withTarget } from './with-target.ts';

export interface MoveOptions {
  readonly from: Source;
  readonly to: Location;
  /** Copies the current data, even if a server is writing. */
  readonly live?: boolean;
  readonly say: (line: string) => void;
  readonly migrationsDir?: string;
}

/**
 * Copies a database to an empty one and compares the result, all or nothing. The source is only read. Throws if a
 * server uses either side, if the target is not empty, or if the source's migrations are not those of this ALICE.
 */
export async function moveDatabase({ from, to, live = false, say, ...rest }: MoveOptions): Promise<void> {
  await withSource(from, live ? 'shared' : 'alone', async (database) => {
    await using snapshot = await takeSnapshot({
      database,
      aliceVersion: manifest.version,
      ...(live ? {} : { verify: (session) => requireNoAlice(session, 'source') }),
      ...rest,
    });
    await withTarget(to, (target) => loadSnapshot({ snapshot, target, say, ...rest }));
  });
}
