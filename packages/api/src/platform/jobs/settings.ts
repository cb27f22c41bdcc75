import type { QueueOptions } from 'pg-boss';
import type { JobName } from './job-queue.ts';

/** A job that failed so often is dead: it is put aside for a person to look at, and stops nobody. */
const usualTries = 5;
/** About eleven hours: a mail server may be away for a night. */
const mailTries = 20;
/** However often a job failed, it is tried again within this. */
const longestRetrySeconds = 3600;

export interface QueueSettings {
  /** How often a worker looks for jobs that other processes sent, or that became due. */
  readonly pollSeconds: number;
  /** How often one of the processes looks for jobs whose time is up. */
  readonly superviseSeconds: number;
  /** How long one try may take; after that its process counts as killed. */
  readonly expireSeconds: number;
  /** The first retry comes after one to two times this, each further one after twice as long, an hour at most; 0: at once. */
  readonly retrySeconds: number;
  readonly queues: Readonly<Record<JobName, WorkerSettings>>;
}

interface WorkerSettings {
  readonly workers: number;
  /** How many jobs one of them takes at a time. Of a process that is killed they are all done again. */
  readonly batchSize: number;
  /** How often it is tried before it is dead. */
  readonly tries: number;
  /** Nobody waits for these: they are done many at once at the next look, so that a flood of them costs little. */
  readonly isPatient?: true;
}

/** A killed process's job is taken again after 20 + 15 + 10 + 5 seconds at most. */
export const timings: QueueSettings = {
  pollSeconds: 5,
  superviseSeconds: 15,
  expireSeconds: 20,
  retrySeconds: 5,
  queues: {
    // One that waits for a slow mail server does not hold up the other.
    mail: { workers: 2, batchSize: 1, tries: mailTries },
    'failed-sign-in': { workers: 1, batchSize: 25, tries: usualTries, isPatient: true },
    'password-reset': { workers: 1, batchSize: 5, tries: usualTries },
  },
};

const daySeconds = 86_400;

/** Every queue by its name; the dead ones' first, since the others refer to it. */
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
