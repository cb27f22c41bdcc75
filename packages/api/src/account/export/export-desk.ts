import { tmpdir } from 'node:os';
import { DomainError } from '../../errors/domain-error.ts';
import { memoryWindows } from '../../platform/rate-limits/windows.ts';
import { JsonFile } from './export-file.ts';

/** Lets one export be made at a time, in a file: an account may be larger than memory. */
export interface ExportDesk {
  /** Has `write` write one. Throws BUSY while another one is written, TOO_MANY_REQUESTS for a person who had enough for this hour. */
  serve(userId: string, write: (file: JsonFile) => Promise<void>): Promise<JsonFile>;
}

const perHour = 6;
const busySeconds = 5;

/** Of this process: each counts for itself. Files are made in `directory`. */
export function createExportDesk(directory = tmpdir()): ExportDesk {
  const windows = memoryWindows({ name: 'export', points: perHour, seconds: 3600 });
  let isBusy = false;

  async function make(write: (file: JsonFile) => Promise<void>): Promise<JsonFile> {
    const file = new JsonFile(directory);
    try {
      await write(file);
      return file.finish();
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  return {
    async serve(userId, write) {
      if (isBusy) {
        throw new DomainError('BUSY', 'Another export is under way: come again in a few seconds', {
          retryAfterSeconds: busySeconds,
        });
      }
      isBusy = true;
      try {
        const { granted, msUntilEnd } = await windows.take(userId, 1);
        if (granted === 0) {
          throw new DomainError('TOO_MANY_REQUESTS', `At most ${perHour} exports an hour`, {
            retryAfterSeconds: Math.ceil(msUntilEnd / 1000),
          });
        }
        return await make(write);
      } finally {
        isBusy = false;
      }
    },
  };
}
