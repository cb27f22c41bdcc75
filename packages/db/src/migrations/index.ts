export { type CreateMigrationOptions, createMigration } from './create.ts';
export { MIGRATIONS_DIR } from './folder.ts';
export { MigrationHistoryError } from './history.ts';
export { type MigrateOptions, migrate } from './migrate.ts';
export { rollbackLast } from './rollback.ts';
export { type MigrationStatus, migrationStatus, schemaDrift } from './status.ts';
