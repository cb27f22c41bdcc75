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

const credentialId = bytes(1400, 'The id of the passkey, as the authenticator made it.', sampleId);
const clientDataJSON = bytes(4000, 'What the browser says of the question and of the page.', sampleClientData);
const kind = z.literal('public-key').meta({ description: 'Always `public-key`.', examples: ['public-key'] });
const attachment = z
  .string()
  .max(40)
  .nullish()
  .meta({ description: 'Where the authenticator is; not looked at.', examples: ['platform'] });
const extensionResults = z
  .looseObject({})
  .optional()
  .meta({ description: 'What extensions of WebAuthn answered; not looked at.', examples: [{}] });

/** `PublicKeyCredential.toJSON()` after `navigator.credentials.get()`. Browsers may say more than is named here. */
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
        authenticatorData: bytes(4000, 'What the authenticator says of itself.', sampleData),
        signature: bytes(8000, 'Its signature of both.', sampleSignature),
        userHandle: bytes(
          100,
          "Whose passkey it is, as it was registered: the person's id.",
          'AZrNMwAAcAAAAAAAAAAAAQ',
        ).nullish(),
      })
      .meta({ description: 'AuthenticatorAssertionResponseJSON.' }),
  })
  .meta({ description: 'What the browser answered: AuthenticationResponseJSON of WebAuthn.' });

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
        attestationObject: bytes(20_000, 'The new public key, and what vouches for it.', 'o2NmbXRkbm9uZQ'),
        transports: z
          .array(
            z
              .string()
              .max(40)
              .regex(/^[a-z-]+$/),
          )
          .max(10)
          .nullish()
          .meta({ description: 'How the authenticator can be reached.', examples: [['internal', 'hybrid']] }),
      })
      .meta({ description: 'AuthenticatorAttestationResponseJSON.' }),
  })
  .meta({ description: 'What the browser answered: RegistrationResponseJSON of WebAuthn.' });

/** What a person calls a passkey: 1 to 100 code points, not only white space. */
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
    name: z.string().meta({ description: 'What the person calls it.', examples: [sampleName] }),
    backedUp: z.boolean().meta({ description: 'Whether it is synced between devices.', examples: [true] }),
    lastUsedAt: instant.nullable().meta({ description: 'When it last signed in or confirmed.', examples: [null] }),
    version,
    createdAt: instant,
    updatedAt: instant,
  })
  .meta({ id: 'Passkey', description: 'A passkey of a person.' });

export const passkeyPage = page(passkey);

export const registered = z
  .object({ passkey, recoveryCodes: firstRecoveryCodes })
  .meta({ id: 'PasskeyRegistered', description: 'The passkey counts from now on.' });

const challenge = z
  .string()
  .meta({ description: 'The question; it counts for five minutes, once.', examples: ['M2YyYTljMWUu'] });
const timeout = z.int().meta({ description: 'How many milliseconds the person may take.', examples: [300_000] });
const descriptor = z.object({
  id: z.string().meta({ description: 'The id of a passkey.', examples: [sampleId] }),
  type: z.literal('public-key').meta({ examples: ['public-key'] }),
  transports: z
    .array(z.string().meta({ examples: ['internal'] }))
    .meta({ description: 'How its authenticator can be reached.' }),
});

export const registrationOptions = z
  .object({
    rp: z.object({
      id: z.string().meta({ description: 'The host that passkeys belong to.', examples: ['alice.example.com'] }),
      name: z.string().meta({ examples: ['ALICE'] }),
    }),
    user: z.object({
      id: z.string().meta({ description: "The person's id, in base64url.", examples: ['AZrNMwAAcAAAAAAAAAAAAQ'] }),
      name: z.string().meta({ examples: ['ada@example.com'] }),
      displayName: z.string().meta({ examples: ['Ada Lovelace'] }),
    }),
    challenge,
    pubKeyCredParams: z
      .array(
        z.object({
          alg: z.int().meta({ description: 'A COSE algorithm.', examples: [-7] }),
          type: z.literal('public-key').meta({ examples: ['public-key'] }),
        }),
      )
      .meta({ description: 'Kinds of keys, the preferred ones first.' }),
    timeout,
    excludeCredentials: z.array(descriptor).meta({ description: 'The passkeys that are there already.' }),
    authenticatorSelection: z.object({
      residentKey: z.literal('required').meta({ examples: ['required'] }),
      requireResidentKey: z.boolean().meta({ examples: [true] }),
      userVerification: z.literal('required').meta({ examples: ['required'] }),
    }),
    attestation: z.literal('none').meta({ examples: ['none'] }),
  })
  .meta({
    id: 'PasskeyRegistrationOptions',
    description: 'For `PublicKeyCredential.parseCreationOptionsFromJSON()`, or any library that takes its JSON.',
  });

export const requestOptions = z
  .object({
    challenge,
    timeout,
    rpId: z.string().meta({ description: 'The host that passkeys belong to.', examples: ['alice.example.com'] }),
    allowCredentials: z
      .array(descriptor)
      .meta({ description: 'Which passkeys may answer; none named: whichever the person picks.' }),
    userVerification: z.literal('required').meta({ examples: ['required'] }),
  })
  .meta({
    id: 'PasskeyRequestOptions',
    description: 'For `PublicKeyCredential.parseRequestOptionsFromJSON()`, or any library that takes its JSON.',
  });

export type PasskeyAnswer = z.output<typeof passkeyAnswer>;
export type RegisterPasskeyInput = z.output<typeof registerPasskeyInput>;
export type RenamePasskeyInput = z.output<typeof renamePasskeyInput>;
export type PasskeyOut = z.input<typeof passkey>;
export type RegisteredOut = z.input<typeof registered>;
export type RegistrationOptionsOut = z.input<typeof registrationOptions>;
export type RequestOptionsOut = z.input<typeof requestOptions>;
