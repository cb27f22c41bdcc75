import manifest from '../../package.json' with { type: 'json' };
import type { Location } from '../env.ts';
import { loadSnapshot } from './load-snapshot.ts';
import { withSource } from './open-location.ts';
import { openBackup } from './read-backup.ts';
import { takeSnapshot } from './snapshot.ts';
import { withTarget } from './with-target.ts';
import { writeBackup } from './write-backup.ts';

export interface BackupOptions {
  readonly from: Location;
  readonly file: string;
  readonly say: (line: string) => void;
}

/** Writes a consistent backup into a file, while servers keep running. Returns the file's size in bytes. */
export async function backupDatabase({ from, file, say }: BackupOptions): Promise<number> {
  return withSource(from, 'shared', async (database) => {
    await using snapshot = await takeSnapshot({ database, aliceVersion: manifest.version });
    return await writeBackup(snapshot, file, say);
  });
}

export interface RestoreOptions {
  readonly file: string;
  readonly to: Location;
  readonly say: (line: string) => void;
}

/** Restores a backup into an empty database, all or nothing, and compares the result with the backup. */
export async function restoreDatabase({ file, to, say }: RestoreOptions): Promise<void> {
  await using snapshot = await openBackup(file);
  const { takenAt, alice, postgres } = snapshot.manifest;
  say(`the backup is complete: created ${takenAt} by ALICE ${alice} from PostgreSQL ${postgres}`);
  await withTarget(to, (target) => loadSnapshot({ snapshot, target, say }));
}
