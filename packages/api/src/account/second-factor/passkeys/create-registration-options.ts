import { generateRegistrationOptions } from '@simplewebauthn/server';
import type { UserContext } from '../../../context.ts';
import { notFound } from '../../../errors/domain-error.ts';
import { findPasskeys } from './find-passkeys.ts';
import { makeChallenge } from './read-challenge.ts';
import { algorithms, relyingPartyId, timeoutMs, toUserHandle } from './relying-party.ts';
import { requireRoom } from './require-room.ts';
import type { RegistrationOptionsOut } from './schemas.ts';

/** WebAuthn creation options for a new passkey of the user. Stores nothing. Throws CONFLICT at the limit of 20. */
export async function createRegistrationOptions({ deps, user }: UserContext): Promise<RegistrationOptionsOut> {
  const person = await deps.db.prisma.user.findFirst({ where: { id: user.id }, select: { email: true, name: true } });
  if (person === null) throw notFound('user');
  const existing = await findPasskeys(deps.db, user.id);
  requireRoom(existing.length);
  const question = { purpose: 'passkey-register', userId: user.id, sessionId: user.sessionId } as const;
  const options = await generateRegistrationOptions({
    rpName: deps.site.name,
    rpID: relyingPartyId(deps.site),
    userID: toUserHandle(user.id),
    userName: person.email,
    userDisplayName: person.name,
    challenge: makeChallenge(deps, question),
    timeout: timeoutMs,
    attestationType: 'none',
    supportedAlgorithmIDs: algorithms,
  });
  return {
    rp: { id: relyingPartyId(deps.site), name: deps.site.name },
    user: options.user,
    challenge: options.challenge,
    pubKeyCredParams: options.pubKeyCredParams.map(({ alg }) => ({ alg, type: 'public-key' })),
    timeout: timeoutMs,
    excludeCredentials: existing.map(({ credentialId, transports }) => ({
      id: credentialId,
      type: 'public-key',
      transports,
    })),
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    attestation: 'none',
  };
}
