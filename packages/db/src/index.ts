export { type Column, columnName, columns, type Rows } from './columns.ts';
export type { Database, DatabaseLog, DatabaseOptions, RunQuery, Statement, Transaction } from './database.ts';
export { EmbeddedDatabaseError } from './embedded/binaries.ts';
export { joinDatabase } from './embedded/join.ts';
export { DataDirectoryInUse } from './embedded/owner.ts';
export { databaseFromEnv, dataDirFromEnv } from './env.ts';
export { type DatabaseFault, databaseFault } from './errors.ts';
export { afterCommit } from './handle.ts';
export { openDatabase } from './open.ts';
