import { DomainError } from '../errors.ts';
import { memoryWindows } from '../limits/windows.ts';

/** Lets one export through at a time: each holds a whole account in memory. */
export interface ExportDesk {
  /** Runs `work`. Throws BUSY while another export runs, TOO_MANY_REQUESTS for a person who had enough for this hour. */
  serve<T>(userId: string, work: () => Promise<T>): Promise<T>;
}

const perHour = 6;
const busySeconds = 5;

/** Of this process: each counts for itself. */
export function createExportDesk(): ExportDesk {
  const windows = memoryWindows({ name: 'export', points: perHour, seconds: 3600 });
  let isBusy = false;
  return {
    async serve(userId, work) {
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
        return await work();
      } finally {
        isBusy = false;
      }
    },
  };
}
