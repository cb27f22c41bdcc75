import manifest from '../../package.json' with { type: 'json' };
import type { Location } from '../env.ts';
import { loadSnapshot } from './load-snapshot.ts';
import { openLocation } from './open-location.ts';
import { requireNoAlice } from './require-no-alice.ts';
import { takeSnapshot } from './snapshot.ts';

export interface MoveOptions {
  readonly from: Location;
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
  await using source = await openLocation(from, live ? 'shared' : 'alone');
  await using target = await openLocation(to, 'alone');
  await using snapshot = await takeSnapshot({
    database: source,
    aliceVersion: manifest.version,
    ...(live ? {} : { verify: (session) => requireNoAlice(session, 'source') }),
    ...rest,
  });
  await loadSnapshot({ snapshot, target, say, ...rest });
}
