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
  /** Copies what is there now, though a server may be writing. */
  readonly live?: boolean;
  readonly say: (line: string) => void;
  readonly migrationsDir?: string;
}

/**
 * Copies everything to an empty database and compares it there, all or nothing; the source is only read. Throws when a server
 * uses either side, when the target is not empty, and when the source's migrations are not this ALICE's.
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
