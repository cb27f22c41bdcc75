import { getConstructionPlans } from 'pg-boss';

import type { TransferSession } from './session.ts';

const SCHEMA = 'pgboss';

/** The SQL that creates the tables of this pg-boss version, without its transaction. */
const construction = ((): { readonly sql: string; readonly version: number } => {
  const plan = getConstructionPlans(SCHEMA).trim();
  const sql = /^BEGIN;([\s\S]*)COMMIT;$/.exec(plan)?.[1];
  const version = /INSERT INTO pgboss\.version\(version\) VALUES \('(\d+)'\)/.exec(plan)?.[1];
  if (sql === undefined || version === undefined)
    throw new Error('the construction plan of pg-boss has an unknown format');
  return { sql, version: Number(version) };
})();

/**
 * The version of the job queue's tables, or null if there are none. Throws if it is not the version of this ALICE, or
 * if a queue has its own table, which ALICE never requests.
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
    throw new Error(`the job queue ${own.name} has its own table, which this version of ALICE cannot copy`);
  return construction.version;
}

/** Throws if the job queue's tables do not have the version of this ALICE. */
export function requireJobQueueVersion(version: number): void {
  if (version === construction.version) return;
  throw new Error(
    `the job queue has version ${version}, but this ALICE needs version ${construction.version}: ` +
      (version < construction.version
        ? 'start this ALICE once on that database (npm start) to upgrade it, then try again'
        : 'use the version of ALICE that created it'),
  );
}

/** Creates empty tables for the job queue. Drops its existing schema, which the caller has checked. */
export async function createJobQueueTables(session: TransferSession): Promise<void> {
  await session.rows(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await session.rows(construction.sql);
  await session.rows(`DELETE FROM ${SCHEMA}.version`);
  await session.applySettings();
}

/** The state of a job queue: no tables, tables without jobs, or jobs. */
export async function jobQueueState(session: TransferSession): Promise<'none' | 'empty' | 'jobs'> {
  const [found] = await session.rows<{ schema: boolean; job: boolean }>(
    `SELECT to_regnamespace('${SCHEMA}') IS NOT NULL AS schema, to_regclass('${SCHEMA}.job') IS NOT NULL AS job`,
  );
  if (found?.schema !== true) return 'none';
  if (!found.job) return 'jobs';
  const [jobs] = await session.rows<{ any: boolean }>(`SELECT EXISTS (SELECT 1 FROM ${SCHEMA}.job) AS any`);
  return jobs?.any === true ? 'jobs' : 'empty';
}
