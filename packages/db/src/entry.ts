/** For entry files, which decide whether to load the rest: these parts load in milliseconds, without pg and Prisma. */
export { type OwnedDirectory, ownDirectory } from './embedded/own-directory.ts';
export { databaseFromEnv, dataDirFromEnv } from './env.ts';
export { databaseFault } from './errors.ts';
