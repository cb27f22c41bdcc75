export { afterCommit } from './after-commit.ts';
export { type Column, columnName, columns, type Rows } from './columns.ts';
export type { Database, DatabaseLog, DatabaseOptions, RunQuery, Transaction } from './database.ts';
export { deferTransaction } from './defer-transaction.ts';
export { EmbeddedDatabaseError } from './embedded/binaries.ts';
export { joinDatabase } from './embedded/join.ts';
export { DataDirectoryInUse } from './embedded/owner.ts';
export { type DatabaseFault, databaseFault } from './errors.ts';
export { openDatabase } from './open.ts';
export type { Caller } from './pool.ts';
export {
  type ClaimedRow,
  claimed,
  outer,
  type RowShape,
  rowOf,
  type ShapeOf,
  type Statement,
  sql,
  sqlFamily,
  types,
  type UnnamedStatement,
} from './statement.ts';
export { toWire } from './to-wire.ts';
