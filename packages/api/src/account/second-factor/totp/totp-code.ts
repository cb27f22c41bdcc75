import { generateURI, ScureBase32Plugin, verifySync } from 'otplib';

/** RFC 6238 with the parameters that every app supports. */
const codes = { algorithm: 'sha1', digits: 6, period: 30 } as const;
const secretBytes = 20;

/** 160 random bits (RFC 4226, section 4) in base32. */
export function makeSecret(random: (size: number) => Buffer): string {
  return new ScureBase32Plugin().encode(random(secretBytes), { padding: false });
}

/** The `otpauth://` URI that an app reads from a QR code. */
export function secretUri(secret: string, issuer: string, label: string): string {
  return generateURI({ ...codes, issuer, label, secret });
}

/** The time step of a code: that of `now`, the previous or the next one; null if it matches none. */
export function stepOf(secret: string, code: string, now: Date): number | null {
  const epoch = Math.floor(now.getTime() / 1000);
  const result = verifySync({ ...codes, secret, token: code, epoch, epochTolerance: codes.period });
  return result.valid && 'timeStep' in result ? result.timeStep : null;
}
