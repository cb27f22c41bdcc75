import { databaseFault } from '@alice/db';
import { verifyRegistrationResponse } from '@simplewebauthn/server';
import { v7 as uuidv7 } from 'uuid';
import type { UserContext } from '../../../context.ts';
import { DomainError, invalid } from '../../../errors/domain-error.ts';
import { createRow } from '../../../platform/history/create-rows.ts';
import { beforeTransaction } from '../../../platform/idempotency/before-transaction.ts';
import { countFactors, findFactors } from '../find-factors.ts';
import { createRecoveryCodes } from '../recovery-codes/create-recovery-codes.ts';
import { sendFactorMail } from '../send-factor-mail.ts';
import { useProof } from '../use-proof.ts';
import { passkeys } from './entity.ts';
import { readChallenge } from './read-challenge.ts';
import { algorithms, relyingPartyId } from './relying-party.ts';
import { requireRoom } from './require-room.ts';
import type { RegisteredOut, RegisterPasskeyInput } from './schemas.ts';
import { toPasskey } from './to-passkey.ts';

/**
 * Stores a passkey that the browser has created from the options of `passkeys.registrationOptions`. Throws
 * VALIDATION_FAILED if the response does not match them, CONFLICT at the limit of 20 or if the passkey is or was
 * registered.
 */
export async function registerPasskey(
  ctx: UserContext,
  { name, response }: RegisterPasskeyInput,
): Promise<RegisteredOut> {
  const { deps, user } = ctx;
  const { made, pass } = await beforeTransaction(ctx, (outside) => verifyMade(outside, response));
  const proof = { userId: user.id, passes: [pass], use: async () => true };
  const registered = await useProof(ctx, proof, async (query) => {
    const factors = await findFactors(query, user.id);
    requireRoom(factors.passkeys);
    const row = { ...made, id: uuidv7(), name, lastUsedAt: null, endedAt: null };
    const created = await createRow({ deps, user, query }, passkeys, row, 'register').catch(refuseTwin);
    const recoveryCodes = countFactors(factors) === 0 ? await createRecoveryCodes(ctx, user.id, query) : null;
    await sendFactorMail(ctx, user.id, `the passkey "${name}" was added`, query);
    return { passkey: toPasskey(created), recoveryCodes };
  });
  if (registered === null) throw unfit();
  return registered;
}

async function verifyMade({ deps, user, request }: UserContext, answer: RegisterPasskeyInput['response']) {
  const { clientDataJSON, attestationObject, transports } = answer.response;
  const found = readChallenge(deps, clientDataJSON, 'passkey-register');
  if (found === null || found.pass.userId !== user.id || found.pass.sessionId !== user.sessionId) throw unfit();
  try {
    const { registrationInfo: info } = await verifyRegistrationResponse({
      response: {
        id: answer.id,
        rawId: answer.rawId,
        type: answer.type,
        response: { clientDataJSON, attestationObject },
        clientExtensionResults: {},
      },
      expectedChallenge: found.challenge,
      expectedOrigin: [...deps.site.origins],
      expectedRPID: relyingPartyId(deps.site),
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
    if (info === undefined || info.credential.id !== answer.id) throw unfit();
    const made = {
      credentialId: info.credential.id,
      publicKey: Buffer.from(info.credential.publicKey),
      counter: info.credential.counter,
      transports: transports ?? [],
      backedUp: info.credentialBackedUp,
    };
    return { made, pass: found.pass };
  } catch (error) {
    if (error instanceof DomainError) throw error;
    // The library's error says why, for the log only: it quotes the caller's input.
    request.log.debug({ err: error }, 'passkey registration rejected');
    throw unfit();
  }
}

/** Browsers exclude registered passkeys, other programs may not. A removed passkey keeps its row, so it stays taken. */
function refuseTwin(error: unknown): never {
  const fault = databaseFault(error);
  if (fault?.kind !== 'unique' || fault.constraint !== 'passkeys_user_id_credential_id_key') throw error;
  const message = 'This passkey is already registered: create a new one';
  throw new DomainError('CONFLICT', message, { errors: [{ path: 'response', message }], cause: error });
}

function unfit(): DomainError {
  return invalid(
    'response',
    'does not match the registration options, or they have expired or were already used: request new ones',
  );
}
