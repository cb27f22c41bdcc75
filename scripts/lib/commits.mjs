/** Reads the commits of a clone and lints them as Conventional Commits (https://www.conventionalcommits.org). */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import conventional from '@commitlint/config-conventional';
import lint from '@commitlint/lint';
import createPreset from 'conventional-changelog-conventionalcommits';

/** The last commit before the convention was adopted. Every later commit must conform. */
export const BASE = '483be321d87c56cce695ba7a3fe6b50fe1c979e3';

const git = promisify(execFile);

const { parser } = createPreset();
const rules = {
  ...conventional.rules,
  'header-max-length': [2, 'always', 72],
  // Subjects may begin with a name such as PostgreSQL or JSON, and bodies may hold long lines, such as URLs or output.
  'subject-case': [0],
  'body-max-line-length': [0],
  'footer-max-line-length': [0],
};

/**
 * The commits of `folder` after `base` up to HEAD, newest first; merge commits are left out. Null where they cannot be
 * known: without Git, outside a repository, and where `base` is not in the history (a shallow clone).
 */
export async function commitsSince(base, folder) {
  const run = (...args) => git('git', args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  try {
    await run('merge-base', '--is-ancestor', base, 'HEAD');
  } catch {
    return null;
  }
  const { stdout } = await run('log', '--no-merges', '--format=%h %B%x00', `${base}..HEAD`);
  return stdout
    .split('\0')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
    .map((entry) => {
      const space = entry.indexOf(' ');
      return { hash: entry.slice(0, space), message: entry.slice(space + 1) };
    });
}

/** What is wrong with a commit message, one text per broken rule; `[]` when it conforms. */
export async function commitFaults(message) {
  const { errors } = await lint(message, rules, { parserOpts: parser, defaultIgnores: false });
  return errors.map((error) => error.message);
}
