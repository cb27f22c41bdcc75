import { z } from 'zod';
import { id, rowId } from '../../../platform/schemas/ids.ts';
import { page } from '../../../platform/schemas/paging.ts';
import { text } from '../../../platform/schemas/text.ts';
import { instant } from '../../../platform/schemas/time.ts';
import { expectedVersion, version } from '../../../platform/schemas/version.ts';
import { firstRecoveryCodes } from '../recovery-codes/schemas.ts';

/** Bytes as WebAuthn's JSON writes them: base64url without padding. */
function bytes(most: number, description: string, example: string) {
  return z
    .string()
    .min(1)
    .max(most)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url without padding')
    .meta({ description, examples: [example] });
}

const sampleId = 'vVyxzQ3mQ4WzH1nqG6Tj1A';
const sampleClientData = 'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0In0';
const sampleData = 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MdAAAAAQ';
const sampleSignature = 'MEUCIQDx8o2w';

const credentialId = bytes(1400, 'The credential id.', sampleId);
const clientDataJSON = bytes(4000, 'The client data: challenge, origin and type.', sampleClientData);
const kind = z.literal('public-key').meta({ description: 'Always `public-key`.', examples: ['public-key'] });
const attachment = z
  .string()
  .max(40)
  .nullish()
  .meta({ description: 'The authenticator attachment; ignored.', examples: ['platform'] });
const extensionResults = z
  .looseObject({})
  .optional()
  .meta({ description: 'The results of WebAuthn extensions; ignored.', examples: [{}] });

/** `PublicKeyCredential.toJSON()` after `navigator.credentials.get()`. Browsers may send more fields. */
export const passkeyAnswer = z
  .object({
    id: credentialId,
    rawId: credentialId,
    type: kind,
    authenticatorAttachment: attachment,
    clientExtensionResults: extensionResults,
    response: z
      .object({
        clientDataJSON,
        authenticatorData: bytes(4000, 'The authenticator data.', sampleData),
        signature: bytes(
          8000,
          'The signature over the authenticator data and the hash of the client data.',
          sampleSignature,
        ),
        userHandle: bytes(100, "The user handle: the id of the passkey's owner.", 'AZrNMwAAcAAAAAAAAAAAAQ').nullish(),
      })
      .meta({ description: 'AuthenticatorAssertionResponseJSON.' }),
  })
  .meta({ description: 'AuthenticationResponseJSON of WebAuthn, as the browser returns it.' });

export const samplePasskeyAnswer = {
  id: sampleId,
  rawId: sampleId,
  type: 'public-key',
  response: { clientDataJSON: sampleClientData, authenticatorData: sampleData, signature: sampleSignature },
} as const;

const newPasskey = z
  .object({
    id: credentialId,
    rawId: credentialId,
    type: kind,
    authenticatorAttachment: attachment,
    clientExtensionResults: extensionResults,
    response: z
      .object({
        clientDataJSON,
        attestationObject: bytes(20_000, 'The attestation object, with the new public key.', 'o2NmbXRkbm9uZQ'),
        transports: z
          .array(
            z
              .string()
              .max(40)
              .regex(/^[a-z-]+$/),
          )
          .max(10)
          .nullish()
          .meta({ description: 'The transports of the authenticator.', examples: [['internal', 'hybrid']] }),
      })
      .meta({ description: 'AuthenticatorAttestationResponseJSON.' }),
  })
  .meta({ description: 'RegistrationResponseJSON of WebAuthn, as the browser returns it.' });

/** The name of a passkey: 1 to 100 code points, not only white space. */
const passkeyName = text(1, 100).refine((value) => value.trim() !== '', 'must not be blank');

const sampleName = 'Phone';

export const registerPasskeyInput = z.strictObject({ name: passkeyName, response: newPasskey }).meta({
  examples: [
    {
      name: sampleName,
      response: {
        id: sampleId,
        rawId: sampleId,
        type: 'public-key',
        response: { clientDataJSON: sampleClientData, attestationObject: 'o2NmbXRkbm9uZQ', transports: ['internal'] },
      },
    },
  ],
});

export const passkeyAnswerInput = z
  .strictObject({ response: passkeyAnswer })
  .meta({ examples: [{ response: samplePasskeyAnswer }] });

export const renamePasskeyInput = z
  .strictObject({ id, expectedVersion, name: passkeyName })
  .meta({ examples: [{ name: sampleName }] });

export const passkeyInput = z.strictObject({ id });

export const passkey = z
  .object({
    id: rowId,
    name: z.string().meta({ description: 'The name of the passkey.', examples: [sampleName] }),
    backedUp: z.boolean().meta({ description: 'Whether it is synced between devices.', examples: [true] }),
    lastUsedAt: instant
      .nullable()
      .meta({ description: 'When it was last used to sign in or to re-authenticate.', examples: [null] }),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Passkey', description: 'A passkey of a user.' });

export const passkeyPage = page(passkey);

export const registered = z
  .object({ passkey, recoveryCodes: firstRecoveryCodes })
  .meta({ id: 'PasskeyRegistered', description: 'The new passkey, which is now active.' });

const challenge = z.string().meta({
  description: 'The WebAuthn challenge. It is valid for five minutes and can be used once.',
  examples: ['M2YyYTljMWUu'],
});
const timeout = z.int().meta({ description: 'Timeout in milliseconds.', examples: [300_000] });
const descriptor = z.object({
  id: z.string().meta({ description: 'The credential id of a passkey.', examples: [sampleId] }),
  type: z.literal('public-key').meta({ examples: ['public-key'] }),
  transports: z
    .array(z.string().meta({ examples: ['internal'] }))
    .meta({ description: 'The transports of the authenticator.' }),
});

export const registrationOptions = z
  .object({
    rp: z.object({
      id: z
        .string()
        .meta({ description: 'The relying party id: the host name of the server.', examples: ['alice.example.com'] }),
      name: z.string().meta({ examples: ['ALICE'] }),
    }),
    user: z.object({
      id: z
        .string()
        .meta({ description: "The user handle: the user's id, in base64url.", examples: ['AZrNMwAAcAAAAAAAAAAAAQ'] }),
      name: z.string().meta({ examples: ['ada@example.com'] }),
      displayName: z.string().meta({ examples: ['Ada Lovelace'] }),
    }),
    challenge,
    pubKeyCredParams: z
      .array(
        z.object({
          alg: z.int().meta({ description: 'A COSE algorithm identifier.', examples: [-7] }),
          type: z.literal('public-key').meta({ examples: ['public-key'] }),
        }),
      )
      .meta({ description: 'Supported algorithms, in order of preference.' }),
    timeout,
    excludeCredentials: z.array(descriptor).meta({ description: 'Passkeys that are already registered.' }),
    authenticatorSelection: z.object({
      residentKey: z.literal('required').meta({ examples: ['required'] }),
      requireResidentKey: z.boolean().meta({ examples: [true] }),
      userVerification: z.literal('required').meta({ examples: ['required'] }),
    }),
    attestation: z.literal('none').meta({ examples: ['none'] }),
  })
  .meta({
    id: 'PasskeyRegistrationOptions',
    description: 'Options for `PublicKeyCredential.parseCreationOptionsFromJSON()`.',
  });

export const requestOptions = z
  .object({
    challenge,
    timeout,
    rpId: z
      .string()
      .meta({ description: 'The relying party id: the host name of the server.', examples: ['alice.example.com'] }),
    allowCredentials: z
      .array(descriptor)
      .meta({ description: 'The allowed passkeys. If the list is empty, the user chooses one.' }),
    userVerification: z.literal('required').meta({ examples: ['required'] }),
  })
  .meta({
    id: 'PasskeyRequestOptions',
    description: 'Options for `PublicKeyCredential.parseRequestOptionsFromJSON()`.',
  });

export type PasskeyAnswer = z.output<typeof passkeyAnswer>;
export type RegisterPasskeyInput = z.output<typeof registerPasskeyInput>;
export type RenamePasskeyInput = z.output<typeof renamePasskeyInput>;
export type PasskeyOut = z.input<typeof passkey>;
export type RegisteredOut = z.input<typeof registered>;
export type RegistrationOptionsOut = z.input<typeof registrationOptions>;
export type RequestOptionsOut = z.input<typeof requestOptions>;
