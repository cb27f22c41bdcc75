import { getConstructionPlans } from 'pg-boss';

import type { TransferSession } from './session.ts';

const SCHEMA = 'pgboss';

/** The job queue's tables as this version of pg-boss makes them, without the transaction that it puts around them. */
const construction = ((): { readonly sql: string; readonly version: number } => {
  const plan = getConstructionPlans(SCHEMA).trim();
  const sql = /^BEGIN;([\s\S]*)COMMIT;$/.exec(plan)?.[1];
  const version = /INSERT INTO pgboss\.version\(version\) VALUES \('(\d+)'\)/.exec(plan)?.[1];
  if (sql === undefined || version === undefined)
    throw new Error('pg-boss writes its construction plan in a form that is not known here');
  return { sql, version: Number(version) };
})();

/**
 * The version of the job queue's tables, or null when there are none. Throws when it is not the one that this ALICE makes, or
 * when a queue has a table of its own, which ALICE never asks for.
 */
export async function readJobQueueVersion(session: TransferSession): Promise<number | null> {
  const [schema] = await session.rows<{ there: boolean }>(
    `SELECT to_regclass('${SCHEMA}.version') IS NOT NULL AS there`,
  );
  if (schema?.there !== true) return null;
  const [row] = await session.rows<{ version: number }>(`SELECT version FROM ${SCHEMA}.version`);
  requireJobQueueVersion(row?.version ?? 0);
  const [own] = await session.rows<{ name: string }>(`SELECT name FROM ${SCHEMA}.queue WHERE partition LIMIT 1`);
  if (own !== undefined)
    throw new Error(`the job queue ${own.name} has a table of its own, which this ALICE does not know how to copy`);
  return construction.version;
}

/** Throws unless this ALICE makes the job queue's tables in this version. */
export function requireJobQueueVersion(version: number): void {
  if (version === construction.version) return;
  throw new Error(
    `the job queue's tables are of version ${version} and this ALICE makes version ${construction.version}: ` +
      (version < construction.version
        ? 'start this ALICE on that database once (npm start), which brings them up to date, then try again'
        : 'use the ALICE that wrote them'),
  );
}

/** Makes the job queue's tables, empty. What stood in the schema before is dropped: the caller has looked. */
export async function createJobQueueTables(session: TransferSession): Promise<void> {
  await session.rows(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await session.rows(construction.sql);
  await session.rows(`DELETE FROM ${SCHEMA}.version`);
  await session.applySettings();
}

/** What is there of a job queue: nothing, tables without a job, or jobs. */
export async function jobQueueState(session: TransferSession): Promise<'none' | 'empty' | 'jobs'> {
  const [found] = await session.rows<{ schema: boolean; job: boolean }>(
    `SELECT to_regnamespace('${SCHEMA}') IS NOT NULL AS schema, to_regclass('${SCHEMA}.job') IS NOT NULL AS job`,
  );
  if (found?.schema !== true) return 'none';
  if (!found.job) return 'jobs';
  const [jobs] = await session.rows<{ any: boolean }>(`SELECT EXISTS (SELECT 1 FROM ${SCHEMA}.job) AS any`);
  return jobs?.any === true ? 'jobs' : 'empty';
}
