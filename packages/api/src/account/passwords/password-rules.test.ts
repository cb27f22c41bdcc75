import { describe, expect, it } from 'vitest';
import { normalisePasswords } from './normalise-passwords.ts';
import { createPasswordHasher } from './password-hasher.ts';
import { type PasswordOwner, requireGoodPassword } from './password-rules.ts';

const owner: PasswordOwner = {
  email: 'ada.lovelace@analytical.example',
  name: 'Ada Lovelace-Byron',
  hasSecondFactor: false,
};
const place = { path: 'newPassword', siteName: 'Notebook' } as const;
const check = (password: string, of: Partial<PasswordOwner> = {}) =>
  requireGoodPassword(password, { ...owner, ...of }, place);

describe('a password', () => {
  it.each([
    'correct horse battery staple',
    'no rules on what it is made of',
    'ααββγγ δδεε ζζηη',
    '\u{1F642}\u{1F600}\u{1F3E0}\u{1F40E}\u{1F50B}\u{1F4CE} and more',
    '   white space is text, too   ',
    'Adagio for strings, 1936',
    'property taxes were due',
    'lovelace wrote the first programme',
    'notebook of a wandering botanist',
    '7k#Qz!v9Lm2$wXe',
  ])('is accepted if it is hard to guess: %s', async (password) => {
    expect(await check(password)).toEqual({ standsAlone: true });
  });

  it.each([
    ['1qaz2wsx3edc4rfv', 'is too common'],
    ['PasswordPassword', 'is too common'],
    ['\uFF50assword\uFF50assword', 'is too common'],
    ['Password 12345!', 'is too common'],
    ['momsanaladventure', 'is too common'],
    ['aaaaaaaaaaaaaaa', 'repeats'],
    ['abcabcabcabcabca', 'repeats'],
    ['sunshinesunshine', 'repeats'],
    ['éééééééééééééééé', 'repeats'],
    ['abcdefghijklmnop', 'a sequence of keys'],
    ['qwertyuiopasdfghjkl', 'a sequence of keys'],
    ['0987654321fedcba', 'a sequence of keys'],
    ['zaq1xsw2 qwerty 12345', 'a sequence of keys'],
    ['1111111122222222', 'a sequence of keys'],
    ['ada.lovelace1815', 'your name'],
    ['Lovelace-Byron 15!', 'your name'],
    ['ANALYTICAL.example', 'your name'],
    ['notebooknotebook!', 'your name'],
    ['my Notebook 2026!', 'your name'],
  ])('is refused if it is easy to guess: %s', async (password, why) => {
    await expect(check(password)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
      errors: [{ path: 'newPassword', message: expect.stringContaining(why) }],
    });
  });

  it('needs 15 code points, or 8 with a second factor, counted as it will be hashed', async () => {
    const eight = 'gr\u00fcn-7\u{1F642}x';
    await expect(check(eight)).rejects.toMatchObject({ errors: [{ message: 'must be at least 15 characters long' }] });
    expect(await check(eight, { hasSecondFactor: true })).toEqual({ standsAlone: false });
    await expect(check('gr\u00fcn-7x', { hasSecondFactor: true })).rejects.toMatchObject({
      errors: [{ message: 'must be at least 8 characters long' }],
    });
    await expect(check('password', { hasSecondFactor: true })).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    // Fourteen characters, typed with one combining accent each.
    await expect(check('\u0065\u0301zk\u0065\u0301wq\u0065\u0301rt\u0065\u0301pm\u0065\u0301v')).rejects.toMatchObject({
      errors: [{ message: 'must be at least 15 characters long' }],
    });
  });
});

/** A reproducible stream of numbers below `limit` (Lehmer). */
function numbersFrom(seed: number) {
  let state = seed;
  return (limit: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

const ranges: readonly [number, number][] = [
  [0x20, 0x7e],
  [0xa1, 0x24f],
  [0x300, 0x36f],
  [0x370, 0x3ff],
  [0x400, 0x4ff],
  [0x5d0, 0x5ea],
  [0x620, 0x64a],
  [0x900, 0x939],
  [0x1100, 0x11ff],
  [0x3041, 0x3096],
  [0x4e00, 0x9fff],
  [0xac00, 0xd7a3],
  [0x1f300, 0x1f6ff],
];

function randomPassword(below: (limit: number) => number): string {
  const points = Array.from({ length: 15 + below(114) }, () => {
    const [first, last] = ranges[below(ranges.length)] ?? [0x20, 0x7e];
    return first + below(last - first + 1);
  });
  return String.fromCodePoint(...points);
}

/** The same text with one bit of one of its bytes turned, where that is text still; null where it is none. */
function turned(password: string, below: (limit: number) => number): string | null {
  const bytes = Buffer.from(password);
  const at = below(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << below(8));
  const text = bytes.toString();
  return text.includes('\uFFFD') ? null : text;
}

describe('the password hash', () => {
  const hasher = createPasswordHasher({
    memoryCost: 8,
    timeCost: 2,
    parallelism: 1,
    concurrency: 2,
    maxWaiting: 40,
  }).then(normalisePasswords);

  it('verifies 1,000 Unicode passwords, and none with one byte changed', async () => {
    const passwords = await hasher;
    const below = numbersFrom(20_261_125);
    let changed = 0;
    for (let index = 0; index < 1000; index += 1) {
      const password = randomPassword(below);
      const hash = await passwords.hash(password);
      expect(await passwords.verify(hash, password), password).toBe(true);
      let other: string | null = null;
      while (other === null) other = turned(password, below);
      // A byte that changes how the same characters are written, and not which, is no change: see the next test.
      if (other.normalize('NFC') === password.normalize('NFC')) continue;
      changed += 1;
      expect(await passwords.verify(hash, other), JSON.stringify([password, other])).toBe(false);
    }
    expect(changed).toBeGreaterThan(990);
  });

  it('is the same for different Unicode forms of a password, and unchanged for ASCII', async () => {
    const passwords = await hasher;
    const composed = 'cr\u00e8me br\u00fbl\u00e9e \u1100\u1161';
    const decomposed = composed.normalize('NFD');
    expect(decomposed).not.toBe(composed);
    expect(await passwords.verify(await passwords.hash(composed), decomposed)).toBe(true);
    expect(await passwords.verify(await passwords.hash(decomposed), composed)).toBe(true);
    // Made with the bare library.
    const bare = await createPasswordHasher({
      memoryCost: 8,
      timeCost: 2,
      parallelism: 1,
      concurrency: 1,
      maxWaiting: 1,
    });
    expect(
      await passwords.verify(await bare.hash('correct horse battery staple'), 'correct horse battery staple'),
    ).toBe(true);
    // What only looks alike is another password.
    expect(await passwords.verify(await passwords.hash('\uFB01ne words, fifteen'), 'fine words, fifteen')).toBe(false);
  });
});
