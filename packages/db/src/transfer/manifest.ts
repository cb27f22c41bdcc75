/** What a snapshot of a database holds. Also the first line of data in a backup file. */
export interface Manifest {
  /** The version of ALICE that made it. */
  readonly alice: string;
  /** PostgreSQL's version, as the server says it. */
  readonly postgres: string;
  /** When the snapshot was taken, ISO 8601 in UTC. */
  readonly takenAt: string;
  /** The migrations that are applied, in their order. */
  readonly migrations: readonly { readonly name: string; readonly checksum: string }[];
  /** The version of the job queue's tables; null where there are none yet. */
  readonly jobQueue: number | null;
  /** In an order in which each table comes after those that its foreign keys name. */
  readonly tables: readonly TableContent[];
  readonly sequences: readonly SequenceState[];
}

export interface Table {
  readonly schema: string;
  readonly name: string;
  /** By name, without generated ones. */
  readonly columns: readonly string[];
}

export interface TableContent extends Table, Fingerprint {}

/** What two copies of a table are compared by. */
export interface Fingerprint {
  readonly rows: number;
  /** Does not depend on the order of rows. */
  readonly checksum: string;
}

export interface SequenceState {
  readonly schema: string;
  readonly name: string;
  readonly lastValue: string;
}

/** `tasks`, or with its schema where that is not the usual one. */
export function tableLabel({ schema, name }: Pick<Table, 'schema' | 'name'>): string {
  return schema === 'public' ? name : `${schema}.${name}`;
}
