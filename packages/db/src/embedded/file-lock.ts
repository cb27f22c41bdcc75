import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

import { EmbeddedDatabaseError } from './binaries.ts';
import { postgresEnvironment } from './env.ts';
import { exitOf } from './exit-of.ts';

/**
 * A kernel lock on an open file (flock(2)). It is released when the last process with the open file ends, for any
 * reason, and works across PID namespaces and containers, where a PID or a host name means nothing.
 */
export interface FileLock {
  /** Open for reading and writing. A child process that inherits it also holds the lock. */
  readonly file: FileHandle;
  /** Closes the file, and with it our part of the lock. */
  release(): Promise<void>;
}

/** On macOS and BSD, `open(2)` can lock directly: O_EXLOCK | O_NONBLOCK. Linux has no such flag. */
const LOCKING_OPEN = process.platform === 'darwin' ? 0x20 | 0x4 : 0;

/** The exit code of flock(1) (util-linux) if the lock is taken (`--conflict-exit-code`). */
const TAKEN = 199;

/**
 * Locks an open file with flock(1): the lock belongs to the open file, which both processes share, and stays ours when
 * flock exits.
 */
async function lockOpenFile(file: FileHandle, path: string): Promise<boolean> {
  const child = spawn('flock', ['--exclusive', '--nonblock', '--conflict-exit-code', String(TAKEN), '3'], {
    stdio: ['ignore', 'ignore', 'pipe', file.fd],
    env: postgresEnvironment(),
  });
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const code = await exitOf(child).catch((cause: unknown) => {
    throw new EmbeddedDatabaseError(
      'the embedded database needs the command flock (package util-linux): install it, or set DATABASE_URL',
      { cause },
    );
  });
  if (code === 0) return true;
  if (code === TAKEN) return false;
  throw new EmbeddedDatabaseError(
    `cannot lock ${path}: ${said.trim() || `flock exited with code ${code}`}; put DATA_DIR on a local file system, or set DATABASE_URL`,
  );
}

/** Takes the lock of a file, which is created (mode 0600) if missing; null if another process holds it. Does not wait. */
export async function tryLock(path: string): Promise<FileLock | null> {
  let file: FileHandle;
  try {
    file = await open(path, constants.O_RDWR | constants.O_CREAT | LOCKING_OPEN, 0o600);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return null;
    throw error;
  }
  try {
    if (process.platform !== 'darwin' && !(await lockOpenFile(file, path))) {
      await file.close();
      return null;
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  let released: Promise<void> | undefined;
  return { file, release: () => (released ??= file.close()) };
}
