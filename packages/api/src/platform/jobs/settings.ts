import type { QueueOptions } from 'pg-boss';
import type { JobName } from './job-queue.ts';

/** A job that has failed this often is moved to the dead-letter queue, for an operator to inspect. */
const usualTries = 5;
/** About eleven hours: a mail server may be down for a night. */
const mailTries = 20;
/** The longest delay between two attempts. */
const longestRetrySeconds = 3600;

export interface QueueSettings {
  /** How often a worker polls for jobs that other processes sent or that became due. */
  readonly pollSeconds: number;
  /** How often one of the processes looks for timed-out jobs. */
  readonly superviseSeconds: number;
  /** The timeout of one attempt; after that, its process is regarded as killed. */
  readonly expireSeconds: number;
  /** The first retry starts after one to two times this delay; it doubles with each retry, up to an hour. 0: at once. */
  readonly retrySeconds: number;
  readonly queues: Readonly<Record<JobName, WorkerSettings>>;
}

interface WorkerSettings {
  readonly workers: number;
  /** How many jobs a worker takes at a time. If its process is killed, all of them run again. */
  readonly batchSize: number;
  /** How many attempts a job has. */
  readonly tries: number;
  /** Nothing waits for these jobs: they run in batches at the next poll, so that a flood of them costs little. */
  readonly isPatient?: true;
}

/** A job of a killed process is taken again after at most 20 + 15 + 10 + 5 seconds. */
export const timings: QueueSettings = {
  pollSeconds: 5,
  superviseSeconds: 15,
  expireSeconds: 20,
  retrySeconds: 5,
  queues: {
    // A mail that waits for a slow server does not block the other one.
    mail: { workers: 2, batchSize: 1, tries: mailTries },
    'failed-sign-in': { workers: 1, batchSize: 25, tries: usualTries, isPatient: true },
    'password-reset': { workers: 1, batchSize: 5, tries: usualTries },
  },
};

const daySeconds = 86_400;

/** All queues by name; the dead-letter queues first, since the others refer to them. */
export function queueOptions(
  deadQueue: string,
  { expireSeconds, retrySeconds, queues }: QueueSettings,
): Record<string, QueueOptions & { readonly deadLetter?: string }> {
  const of = ({ tries }: WorkerSettings) => ({
    retryLimit: tries - 1,
    retryDelay: retrySeconds,
    ...(retrySeconds > 0 ? { retryBackoff: true, retryDelayMax: longestRetrySeconds } : { retryBackoff: false }),
    expireInSeconds: expireSeconds,
    retentionSeconds: 7 * daySeconds,
    deleteAfterSeconds: daySeconds,
    deadLetter: deadQueue,
  });
  const dead = { retentionSeconds: 30 * daySeconds, deleteAfterSeconds: daySeconds };
  return {
    [deadQueue]: dead,
    ...Object.fromEntries(Object.entries(queues).map(([name, settings]) => [name, of(settings)])),
  };
}
