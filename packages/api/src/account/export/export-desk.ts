import { tmpdir } from 'node:os';
import { DomainError } from '../../errors/domain-error.ts';
import { memoryWindows } from '../../platform/rate-limits/windows.ts';
import { JsonFile } from './export-file.ts';

/** The export throttle: one export at a time, in a file, since an account may be larger than memory. */
export interface ExportDesk {
  /** Runs `write`. Throws BUSY while another export runs, TOO_MANY_REQUESTS at the user's limit per hour. */
  serve(userId: string, write: (file: JsonFile) => Promise<void>): Promise<JsonFile>;
}

const perHour = 6;
const busySeconds = 5;

/** Limits apply per process. Files are created in `directory`. */
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
        throw new DomainError('BUSY', 'Another export is running: retry in a few seconds', {
          retryAfterSeconds: busySeconds,
        });
      }
      isBusy = true;
      try {
        const { granted, msUntilEnd } = await windows.take(userId, 1);
        if (granted === 0) {
          throw new DomainError('TOO_MANY_REQUESTS', `At most ${perHour} exports per hour are allowed`, {
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
