/** The check of commit messages in `pnpm verify` finds what breaks Conventional Commits. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { commitFaults, commitsSince } from './lib/commits.mjs';

describe('commitFaults', () => {
  it.each([
    'feat(tasks): complete a recurring task',
    'fix(api)!: refuse unknown fields\n\nBREAKING CHANGE: clients must not send them.',
    `docs: ${'x'.repeat(66)}`,
    'fix(db): PostgreSQL 18 needs a larger timeout',
    `test: a long URL in the body\n\nhttps://example.com/${'x'.repeat(200)}`,
  ])('accepts %j', async (message) => {
    expect(await commitFaults(message)).toEqual([]);
  });

  it.each([
    [`docs: ${'x'.repeat(67)}`, /72 characters, current length is 73/],
    ['complete a recurring task', /type may not be empty/],
    ['feature(tasks): complete a recurring task', /type must be one of/],
    ['Fix(tasks): complete a recurring task', /type must be lower-case/],
    ['fix(tasks):', /subject may not be empty/],
    ['fixup! fix(tasks): complete a recurring task', /type may not be empty/],
    ['Revert "fix(tasks): complete a recurring task"', /type may not be empty/],
  ])('refuses %j', async (message, fault) => {
    expect((await commitFaults(message)).join('\n')).toMatch(fault);
  });
});

describe('commitsSince', () => {
  const folder = mkdtempSync(join(tmpdir(), 'alice-commits-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const git = (...args) => {
    const identity = ['-c', 'user.name=A', '-c', 'user.email=a@example.com', '-c', 'commit.gpgsign=false'];
    return spawnSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' }).stdout?.trim() ?? '';
  };
  const commit = (message) => {
    git('commit', '--allow-empty', '--message', message);
    return git('rev-parse', 'HEAD');
  };

  it('returns null outside a repository', async () => {
    expect(await commitsSince('HEAD', folder)).toBeNull();
  });

  it('returns whole messages after the base, newest first, or null without Git', async () => {
    git('init');
    const base = commit('Everything so far');
    commit('feat: one\n\nWith a body.');
    commit('no type');
    const commits = await commitsSince(base, folder);
    const hasGit = spawnSync('git', ['--version']).status === 0;
    const messages = ['no type', 'feat: one\n\nWith a body.'];
    expect(commits?.map(({ message }) => message) ?? null).toEqual(hasGit ? messages : null);
  });

  it('returns null when the history does not contain the base', async () => {
    expect(await commitsSince('0'.repeat(40), folder)).toBeNull();
  });
});
