import { createHash } from 'node:crypto';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import {
  afterCommit,
  type Database,
  databaseFault,
  type RunQuery,
  type Statement,
  sqlFamily,
  type UnnamedStatement,
} from '@alice/db';
import { type Db, type JobResult, type JobWithMetadata, PgBoss } from 'pg-boss';
import { v7 as uuidv7 } from 'uuid';
import type { Sealer } from '../crypto/seal.ts';
import type { Log } from '../runtime/log.ts';
import type { JobData, JobName, JobQueue } from './job-queue.ts';
import { type QueueSettings, queueOptions, timings } from './settings.ts';

/** One attempt of a job. A job that runs again because its process was killed has the same id. */
export interface Job<Data> {
  /** A UUIDv7, generated when the job was sent. */
  readonly id: string;
  readonly data: Data;
}

/** The job handlers. A job whose handler throws is retried later. */
export type JobHandlers = { readonly [Name in JobName]: (job: Job<JobData[Name]>) => Promise<void> };

export interface RunningJobQueue extends JobQueue {
  /** Creates or migrates the tables of the queue. Until then, nothing can be sent. */
  start(): Promise<void>;
  /** Starts processing jobs: those that are due, and those of killed processes. */
  work(handlers: JobHandlers): Promise<void>;
  /** Takes no more jobs and waits up to 5 s for running ones; sending still works. Unfinished jobs are retried later. */
  stop(): Promise<void>;
}

export interface JobQueueOptions {
  readonly db: Database;
  readonly log: Log;
  /** Encrypts the data of jobs, such as the token of a mail. */
  readonly sealer: Sealer;
  /** Whether this process runs jobs, or only sends them. */
  readonly isWorking: boolean;
  readonly settings?: Partial<QueueSettings>;
}

const deadQueue = 'dead';
const stopLimitMs = 5000;
const startTries = 6;
const complaintEveryMs = 30_000;

interface SealedData {
  readonly sealed: string;
}

/** A job queue with pg-boss, in the schema `pgboss` of the same database and on the same connections. */
export function createJobQueue({ db, log, sealer, isWorking, ...options }: JobQueueOptions): RunningJobQueue {
  const settings = { ...timings, ...options.settings };
  const boss = new PgBoss({
    db: sqlOver(db.query),
    schema: 'pgboss',
    schedule: false,
    supervise: isWorking,
    superviseIntervalSeconds: settings.superviseSeconds,
    monitorIntervalSeconds: settings.superviseSeconds,
    maintenanceIntervalSeconds: 3600,
    // Dynamic queues and dependent jobs are not used here.
    queueCacheIntervalSeconds: 3600,
    flowIntervalSeconds: 3600,
    bamIntervalSeconds: 600,
    registerInstance: false,
    monitorVacuum: false,
    openTelemetry: { enabled: false },
  });
  boss.on('error', complainer(log));
  boss.on('warning', (warning) => log.warn({ warning: warning.message }, 'job queue warning'));

  const workers = new Map<JobName, string[]>();
  const wake = (name: JobName) => {
    for (const id of workers.get(name) ?? []) boss.notifyWorker(id);
  };

  async function prepare(): Promise<void> {
    await boss.start();
    const wanted = queueOptions(deadQueue, settings);
    const present = new Set((await boss.getQueues()).map(({ name }) => name));
    for (const [name, of] of Object.entries(wanted)) {
      if (present.has(name)) await boss.updateQueue(name, of);
      else await boss.createQueue(name, of);
    }
  }

  async function workOn<Name extends JobName>(name: Name, handle: JobHandlers[Name]): Promise<void> {
    const { batchSize, workers: count } = settings.queues[name];
    const work = async (jobs: JobWithMetadata<SealedData>[]): Promise<JobResult[]> => {
      const results: JobResult[] = [];
      for (const job of jobs) {
        // Requests are served between the jobs of a batch.
        await nextTurn();
        results.push(await tryJob(name, job, handle));
      }
      // There may be more: look again at once.
      if (jobs.length === batchSize) wake(name);
      return results;
    };
    const ids: string[] = [];
    workers.set(name, ids);
    const polling = { pollingIntervalSeconds: settings.pollSeconds, batchSize };
    for (let index = 0; index < count; index += 1)
      ids.push(await boss.work(name, { ...polling, includeMetadata: true, perJobResults: true }, work));
  }

  async function tryJob<Name extends JobName>(
    name: Name,
    { id, data, retryCount }: JobWithMetadata<SealedData>,
    handle: JobHandlers[Name],
  ): Promise<JobResult> {
    try {
      // The guarantee of the cast: `send` encrypted it, for the same queue.
      await handle({ id, data: JSON.parse(sealer.open(data.sealed)) as JobData[Name] });
      return { id, status: 'completed' };
    } catch (error) {
      const fields = { err: error, job: name, id, try: retryCount + 1 };
      if (retryCount + 1 < settings.queues[name].tries) log.warn(fields, 'job failed, it will be retried');
      else log.error(fields, 'job failed, no retries left');
      // Stored unencrypted: the kind of error, without the data of the job.
      return { id, status: 'failed', output: { message: error instanceof Error ? error.name : 'failed' } };
    }
  }

  return {
    async start() {
      // Processes that start together wait for each other with a lock timeout. If two of them find no schema, both
      // create it, and only one succeeds.
      for (let count = 1; ; count += 1) {
        try {
          return await prepare();
        } catch (error) {
          const kind = databaseFault(error)?.kind;
          if (count === startTries || (kind !== 'timeout' && kind !== 'unique')) throw error;
          await sleep(Math.random() * 1000);
        }
      }
    },
    async send(name, data, { query = db.query, startAfter } = {}) {
      const sealed: SealedData = { sealed: sealer.seal(JSON.stringify(data)) };
      await boss.send(name, sealed, {
        id: uuidv7(),
        db: sqlOver(query),
        ...(startAfter === undefined ? {} : { startAfter }),
      });
      if (startAfter === undefined && settings.queues[name].isPatient !== true) afterCommit(query, () => wake(name));
    },
    async work(handlers) {
      // The guarantee of the cast: each name is the key of a handler.
      for (const name of Object.keys(handlers) as JobName[]) await workOn(name, handlers[name]);
    },
    stop: () => boss.stop({ graceful: true, timeout: stopLimitMs }),
  };
}

/** pg-boss's database interface. Without values, it may send several statements at once. */
function sqlOver(query: RunQuery): Db {
  return { executeSql: async (text, values = []) => ({ rows: await query(statementOf(text, values), values) }) };
}

/** pg-boss's own SQL: it says nothing of the rows. */
const jobStatement = sqlFamily('jobs');

/** Prepared statements: pg-boss repeats the same few ones. */
function statementOf(text: string, values: readonly unknown[]): Statement | UnnamedStatement {
  if (values.length === 0) return { text };
  return jobStatement({ name: `jobs.${createHash('sha256').update(text).digest('base64url').slice(0, 22)}`, text });
}

/** While the database is unavailable, every poll fails: log it only now and then. */
function complainer(log: Log): (error: Error) => void {
  let complainedAt = Number.NEGATIVE_INFINITY;
  return ({ message, stack }) => {
    const now = performance.now();
    if (now - complainedAt < complaintEveryMs) return;
    complainedAt = now;
    log.warn({ err: { message, stack } }, 'the job queue is unavailable, retrying');
  };
}
