/** The contents of a snapshot. Also the first line of data in a backup. */
export interface Manifest {
  /** The version of ALICE that created it. */
  readonly alice: string;
  /** PostgreSQL's version, as the server reports it. */
  readonly postgres: string;
  /** When the snapshot was taken, ISO 8601 in UTC. */
  readonly takenAt: string;
  /** The applied migrations, in order. */
  readonly migrations: readonly { readonly name: string; readonly checksum: string }[];
  /** The version of the job queue's tables; null if there are none. */
  readonly jobQueue: number | null;
  /** In an order in which each table follows the tables that it references. */
  readonly tables: readonly TableContent[];
  readonly sequences: readonly SequenceState[];
}

export interface Table {
  readonly schema: string;
  readonly name: string;
  /** Sorted by name, without generated columns. */
  readonly columns: readonly string[];
}

export interface TableContent extends Table, Fingerprint {}

/** Identifies the contents of a table. */
export interface Fingerprint {
  readonly rows: number;
  /** Does not depend on the order of the rows. */
  readonly checksum: string;
}

export interface SequenceState {
  readonly schema: string;
  readonly name: string;
  readonly lastValue: string;
}

/** `tasks`, or with the schema if it is not `public`. */
export function tableLabel({ schema, name }: Pick<Table, 'schema' | 'name'>): string {
  return schema === 'public' ? name : `${schema}.${name}`;
}
