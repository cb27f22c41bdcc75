import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import { generateSync } from 'otplib';

/** The code of an authenticator app with this secret at a time. */
export function codeAt(secret: string, at: Date): string {
  return generateSync({ secret, epoch: Math.floor(at.getTime() / 1000) });
}

interface Options {
  /** The origin of the page; that of `testDeps` by default. */
  readonly origin?: string;
  /** Null: no signature counter. */
  readonly counter?: number | null;
  readonly isUserVerified?: boolean;
}

interface AskedToCreate {
  readonly challenge: string;
  readonly rp: { readonly id: string };
  readonly user: { readonly id: string };
}

interface AskedToSign {
  readonly challenge: string;
  readonly rpId: string;
}

/** An authenticator with one passkey (ES256) and the browser in front of it, as WebAuthn describes them. */
export interface Authenticator {
  readonly credentialId: string;
  counter: number | null;
  create(options: AskedToCreate, other?: Options): ReturnType<typeof newPasskey>;
  get(options: AskedToSign, other?: Options): ReturnType<typeof answer>;
}

const defaultOrigin = 'http://localhost:8000';
const flags = { present: 0x01, verified: 0x04, attested: 0x40 };

/** Creates one; `counter` is the counter of its first signature. */
export function softAuthenticator({ counter = 1 }: Pick<Options, 'counter'> = {}): Authenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const credential = randomBytes(16);
  const device: Device = { privateKey, publicKey, credential, userHandle: '' };
  return {
    credentialId: credential.toString('base64url'),
    counter,
    create(options, other = {}) {
      device.userHandle = options.user.id;
      return newPasskey(device, options, { counter: 0, ...other });
    },
    get(options, other = {}) {
      const told = other.counter ?? this.counter;
      if (other.counter === undefined && this.counter !== null) this.counter += 1;
      return answer(device, options, { ...other, counter: told });
    },
  };
}

interface Device {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly credential: Buffer;
  userHandle: string;
}

function newPasskey(device: Device, { challenge, rp }: AskedToCreate, options: Options) {
  const id = device.credential.toString('base64url');
  const length = Buffer.alloc(2);
  length.writeUInt16BE(device.credential.length);
  const attested = Buffer.concat([Buffer.alloc(16), length, device.credential, coseKey(device.publicKey)]);
  const authData = Buffer.concat([authenticatorData(rp.id, flags.attested, options), attested]);
  const attestation = new Map<string, unknown>([
    ['fmt', 'none'],
    ['attStmt', new Map()],
    ['authData', Uint8Array.from(authData)],
  ]);
  return {
    id,
    rawId: id,
    type: 'public-key' as const,
    clientExtensionResults: {},
    response: {
      clientDataJSON: clientData('webauthn.create', challenge, options).toString('base64url'),
      attestationObject: Buffer.from(isoCBOR.encode(attestation as never)).toString('base64url'),
      transports: ['internal'],
    },
  };
}

function answer(device: Device, { challenge, rpId }: AskedToSign, options: Options) {
  const id = device.credential.toString('base64url');
  const authData = authenticatorData(rpId, 0, options);
  const client = clientData('webauthn.get', challenge, options);
  const signed = Buffer.concat([authData, createHash('sha256').update(client).digest()]);
  return {
    id,
    rawId: id,
    type: 'public-key' as const,
    clientExtensionResults: {},
    response: {
      clientDataJSON: client.toString('base64url'),
      authenticatorData: authData.toString('base64url'),
      signature: sign('sha256', signed, device.privateKey).toString('base64url'),
      userHandle: device.userHandle,
    },
  };
}

function authenticatorData(rpId: string, more: number, { counter = 0, isUserVerified = true }: Options): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(counter ?? 0);
  const flag = flags.present | (isUserVerified ? flags.verified : 0) | more;
  return Buffer.concat([createHash('sha256').update(rpId).digest(), Buffer.of(flag), count]);
}

function clientData(type: string, challenge: string, { origin = defaultOrigin }: Options): Buffer {
  return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));
}

/** RFC 9053: an EC2 key on P-256 for ES256. */
function coseKey(key: KeyObject): Uint8Array {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  const bytes = (text: string) => Uint8Array.from(Buffer.from(text, 'base64url'));
  const fields = new Map<number, unknown>([
    [1, 2],
    [3, -7],
    [-1, 1],
    [-2, bytes(x)],
    [-3, bytes(y)],
  ]);
  return isoCBOR.encode(fields as never);
}
