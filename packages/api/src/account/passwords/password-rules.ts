import { invalid } from '../../errors/domain-error.ts';
import { codePoints } from '../../platform/schemas/text.ts';
import { commonPasswords } from './common-passwords.ts';
import { toNfc } from './normalise-passwords.ts';

/** NIST SP 800-63B-4 section 3.1.1.2: the minimum length without and with a second factor. */
export const lengths = { alone: 15, withSecondFactor: 8 } as const;

export interface PasswordOwner {
  readonly email: string;
  readonly name: string;
  readonly hasSecondFactor: boolean;
}

export interface PasswordPlace {
  /** The input field. */
  readonly path: 'password' | 'newPassword';
  /** The name of the service, which an attacker would try first. */
  readonly siteName: string;
}

/**
 * Checks a new password; `standsAlone` tells whether it is long enough without a second factor. Throws
 * VALIDATION_FAILED for a password that is too short or easy to guess. There are no composition rules.
 */
export async function requireGoodPassword(
  password: string,
  owner: PasswordOwner,
  { path, siteName }: PasswordPlace,
): Promise<{ readonly standsAlone: boolean }> {
  const length = codePoints(toNfc(password));
  const least = owner.hasSecondFactor ? lengths.withSecondFactor : lengths.alone;
  if (length < least) throw invalid(path, tooShort(least));

  const folded = fold(password);
  const fault =
    commonness(folded, await commonPasswords()) ??
    littleMoreThan(
      folded,
      [...ownWords(owner), fold(siteName)],
      'your name, your email address or the name of this site',
    ) ??
    littleMoreThan(folded, runsIn(folded), 'a sequence of keys, letters or digits');
  if (fault !== null) throw invalid(path, fault);
  return { standsAlone: length >= lengths.alone };
}

/** The same message as the schemas use. */
export function tooShort(least: number): string {
  return `must be at least ${least} characters long`;
}

/** Removes differences that do not make a password harder to guess: character width, ligatures, case. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

const common = 'is too common: choose another one';

function commonness(folded: string, passwords: ReadonlySet<string>): string | null {
  const core = folded.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');
  const plain = folded.replace(/[^\p{L}\p{N}]/gu, '');
  if ([folded, core, plain].some((text) => passwords.has(text))) return common;
  const block = repeatedBlock(folded);
  if (block === null) return null;
  return 3 * block.length <= folded.length || passwords.has(block) ? 'repeats the same few characters' : null;
}

/** The block that a text repeats, the last time possibly cut off; null if it repeats nothing. */
function repeatedBlock(text: string): string | null {
  for (let size = 1; size <= text.length / 2; size += 1) {
    if (text.startsWith(text.slice(0, -size), size)) return text.slice(0, size);
  }
  return null;
}

const shortestWord = 4;

/** The user's own words: local part and domain of the address, their parts, and the parts of the name. */
function ownWords({ email, name }: PasswordOwner): string[] {
  const [local = '', domain = ''] = fold(email).split('@');
  const parts = [local, domain, fold(name)].flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)]);
  return parts.filter((part) => codePoints(part) >= shortestWord);
}

/** An error message if more than half of the password consists of these words. */
function littleMoreThan(folded: string, words: readonly string[], what: string): string | null {
  let rest = folded;
  for (const word of [...words].sort((one, other) => other.length - one.length)) rest = rest.replaceAll(word, '');
  if (rest === folded) return null;
  const left = rest.replace(/[\p{P}\p{Z}$+<=>^`|~]/gu, '');
  return 2 * codePoints(left) < codePoints(folded) ? `consists mainly of ${what}` : null;
}

const digits = '12345678901234567890';
const rows = [
  digits,
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'qsdfghjklm',
  'zxcvbnm',
  'yxcvbnm',
  'wxcvbn',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
  'qazwsxedcrfvtgbyhnujm',
  '1q2w3e4r5t6y7u8i9o0p',
];
const runs = rows.flatMap((row) => [row, [...row].reverse().join('')]);
const shortestRun = 4;

/** Sequences of keys, letters or digits in either direction, and repetitions of one character. */
function runsIn(folded: string): string[] {
  const found: string[] = folded.match(/(.)\1{3,}/gu) ?? [];
  for (let start = 0; start + shortestRun <= folded.length; ) {
    let end = start + shortestRun;
    if (!isRun(folded.slice(start, end))) {
      start += 1;
      continue;
    }
    while (end < folded.length && isRun(folded.slice(start, end + 1))) end += 1;
    found.push(folded.slice(start, end));
    start = end;
  }
  return found;
}

function isRun(text: string): boolean {
  return runs.some((run) => run.includes(text));
}
