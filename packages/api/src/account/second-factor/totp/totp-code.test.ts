import { randomBytes } from 'node:crypto';
import { generateSync, ScureBase32Plugin } from 'otplib';
import { describe, expect, it } from 'vitest';
import { makeSecret, secretUri, stepOf } from './totp-code.ts';

/** RFC 6238, appendix B: the secret of SHA-1, and the last six of its eight digits. */
const secret = new ScureBase32Plugin().encode(Buffer.from('12345678901234567890'));
const vectors = [
  [59, '287082'],
  [1_111_111_109, '081804'],
  [1_111_111_111, '050471'],
  [1_234_567_890, '005924'],
  [2_000_000_000, '279037'],
  [20_000_000_000, '353130'],
] as const;

const at = (seconds: number) => new Date(seconds * 1000);

describe('a TOTP code', () => {
  it.each(vectors)('equals that of RFC 6238 at %d', (seconds, code) => {
    expect(stepOf(secret, code, at(seconds))).toBe(Math.floor(seconds / 30));
  });

  it('is valid one time step before and after its own, and not beyond', () => {
    const step = 37_037_036;
    const code = generateSync({ secret, epoch: step * 30 });
    const first = (step - 1) * 30;
    const last = (step + 2) * 30 - 1;
    for (const seconds of [first, step * 30, last]) expect(stepOf(secret, code, at(seconds))).toBe(step);
    for (const seconds of [first - 1, last + 1]) expect(stepOf(secret, code, at(seconds))).toBeNull();
  });

  it('of another secret is refused', () => {
    const other = makeSecret(randomBytes);
    expect(other).toMatch(/^[A-Z2-7]{32}$/);
    const code = generateSync({ secret: other, epoch: 59 });
    expect([stepOf(other, code, at(59)), stepOf(secret, code, at(59))]).toEqual([1, null]);
  });
});

it('the otpauth URI contains the issuer and the account', () => {
  const uri = new URL(secretUri(secret, 'ALICE & Co', 'ada@example.com'));
  expect(uri.protocol).toBe('otpauth:');
  expect(decodeURIComponent(uri.pathname)).toContain('ALICE & Co:ada@example.com');
  expect(Object.fromEntries(uri.searchParams)).toMatchObject({ secret, issuer: 'ALICE & Co' });
});
