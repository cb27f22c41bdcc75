import { createHmac, generateKeyPairSync, type KeyObject, randomBytes, randomInt, sign as signWith } from 'node:crypto';
import type { Database } from '@alice/db';
import { testDatabase } from '@alice/db/testing';
import { CompactEncrypt } from 'jose';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Deps } from '../../deps.ts';
import { callAs, signUp, type TestClock, testClock, testDeps } from '../../testing/index.ts';
import { createTokenIssuer, type TokenOptions } from './tokens.ts';

// The classes of attack are those of RFC 8725 and of Project Wycheproof's json_web_signature and json_web_crypto vectors
// (github.com/C2SP/wycheproof), remade here against our own keys and claims: the registry carries no package of the
// vectors themselves, and they are signed with keys of their own, so that no server of ours would get as far as a claim.

type Kind = 'access' | 'refresh';
type Claims = Readonly<Record<string, unknown>>;

const secret = 'the key with which the tokens of these tests are signed';
const previous = 'the key of last year, with which tokens are still checked';
const forgotten = 'the key of the year before, which no process knows any more';
const lifetimes = { accessMinutes: 15, refreshDays: 7, sessionDays: 30 };
const now = '2026-03-04T10:00:00.000Z';
const seconds = Date.parse(now) / 1000;

let db: Database;
let clock: TestClock;
let deps: Deps;
/** What `kind` looks like when it is right. */
const right = {} as Record<Kind, { readonly token: string; readonly header: Claims; readonly claims: Claims }>;

const issuerOf = (...secrets: TokenOptions['secrets']) => createTokenIssuer({ secrets, ...lifetimes }, clock);

beforeAll(async () => {
  db = await testDatabase();
  clock = testClock(now);
  deps = await testDeps(db, { clock, tokens: issuerOf(secret, previous) });
  const { tokens } = await signUp(deps);
  for (const kind of ['access', 'refresh'] as const) {
    const token = tokens[`${kind}Token`] ?? '';
    const [header, claims] = token
      .split('.')
      .slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    right[kind] = { token, header, claims };
  }
});
afterAll(() => db.close());

const b64 = (value: string | Buffer) => Buffer.from(value).toString('base64url');
const text = (value: string | object) => (typeof value === 'string' ? value : JSON.stringify(value));
const hmac = (input: string, key: string | Buffer, hash = 'sha256') =>
  createHmac(hash, key).update(input).digest('base64url');

interface Parts {
  /** Set over the right ones; undefined takes one away; a text stands as it is. */
  readonly header?: Claims | string;
  readonly claims?: Claims | string;
  readonly key?: string | Buffer;
  readonly hash?: string;
  readonly signature?: (input: string) => string;
}

/** A token that is right but for what is named. */
function made(kind: Kind, { header = {}, claims = {}, key = secret, hash, signature }: Parts = {}): string {
  const over = (base: Claims, change: Claims | string) =>
    text(typeof change === 'string' ? change : { ...base, ...change });
  const input = `${b64(over(right[kind].header, header))}.${b64(over(right[kind].claims, claims))}`;
  return `${input}.${signature?.(input) ?? hmac(input, key, hash)}`;
}

const partsOf = (kind: Kind) => right[kind].token.split('.') as [string, string, string];
const [rsa, ec, ed] = [
  generateKeyPairSync('rsa', { modulusLength: 2048 }),
  generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  generateKeyPairSync('ed25519'),
];
const publicJwk = (key: KeyObject) => key.export({ format: 'jwk' });
const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' });
const der = (key: KeyObject) => key.export({ format: 'der', type: 'spki' });
const asymmetric = (key: KeyObject, hash: string | null) => (input: string) =>
  signWith(
    hash,
    Buffer.from(input),
    hash === null || key.asymmetricKeyType === 'rsa' ? key : { key, dsaEncoding: 'ieee-p1363' },
  ).toString('base64url');

type Vector = readonly [name: string, token: (kind: Kind) => string | Promise<string>];
const withHeader = (name: string, header: Claims | string, more: Parts = {}): Vector => [
  name,
  (kind) => made(kind, { ...more, header }),
];
const withClaims = (name: string, claims: Claims | string): Vector => [name, (kind) => made(kind, { claims })];
const withRaw = (
  name: string,
  change: (token: string, parts: [string, string, string], kind: Kind) => string,
): Vector => [name, (kind) => change(right[kind].token, partsOf(kind), kind)];
const noSignature = () => '';
const other = (kind: Kind): Kind => (kind === 'access' ? 'refresh' : 'access');
/** Of a JSON object: puts members before or after the right ones, so that one of them stands there twice. */
const doubled = (kind: Kind, part: 'header' | 'claims', before: string, after: string) =>
  `{${before}${JSON.stringify(right[kind][part]).slice(1, -1)}${after}}`;

const algorithms: Vector[] = [
  ...[
    'none',
    'None',
    'NONE',
    'nOnE',
    'none ',
    '',
    null,
    0,
    ['none'],
    ['HS256'],
    { alg: 'HS256' },
    'noné',
    'ⓝone',
  ].flatMap((alg): Vector[] => [
    withHeader(`alg ${JSON.stringify(alg)}, no signature`, { alg }, { signature: noSignature }),
    withHeader(`alg ${JSON.stringify(alg)}, signed all the same`, { alg }),
  ]),
  withHeader('no alg', { alg: undefined }),
  ...['hs256', 'Hs256', 'HS256 ', ' HS256', 'HS256\u0000', 'ＨＳ256', 'HS1', 'HMAC', 'A256KW', 'dir'].map((alg) =>
    withHeader(`alg ${JSON.stringify(alg)}`, { alg }),
  ),
  withHeader('HS384 with our key', { alg: 'HS384' }, { hash: 'sha384' }),
  withHeader('HS512 with our key', { alg: 'HS512' }, { hash: 'sha512' }),
  ...['RS256', 'RS512', 'PS256', 'ES256', 'ES384', 'ES256K', 'EdDSA', 'Ed25519', 'ML-DSA-44'].map((alg) =>
    withHeader(`${alg}, an HMAC with our key as its signature`, { alg }),
  ),
  withHeader('RS256 by a key of their own', { alg: 'RS256' }, { signature: asymmetric(rsa.privateKey, 'sha256') }),
  withHeader('ES256 by a key of their own', { alg: 'ES256' }, { signature: asymmetric(ec.privateKey, 'sha256') }),
  withHeader('EdDSA by a key of their own', { alg: 'EdDSA' }, { signature: asymmetric(ed.privateKey, null) }),
  // CVE-2022-21449: r = s = 0 was a signature of everything.
  withHeader('ES256 with zeros', { alg: 'ES256' }, { signature: () => b64(Buffer.alloc(64)) }),
  withHeader('HS256 with zeros', {}, { signature: () => b64(Buffer.alloc(32)) }),
  withHeader('HS256 with ones', {}, { signature: () => b64(Buffer.alloc(32, 255)) }),
];

const keys: Vector[] = [
  ...['', ' ', 'secret', 'alice', 'change me', secret.slice(0, -1), `${secret} `, secret.toUpperCase(), forgotten].map(
    (key) => withHeader(`signed with ${JSON.stringify(key)}`, {}, { key }),
  ),
  withHeader('signed with 32 zeros', {}, { key: Buffer.alloc(32) }),
  withHeader('signed with their own key', {}, { key: randomBytes(32) }),
  ['signed with the key id as the key', (kind) => made(kind, { key: String(right[kind].header['kid']) })],
  ['signed with the previous key, but with the id of the current one', (kind) => made(kind, { key: previous })],
  ...(['pem', 'der'] as const).flatMap((form): Vector[] =>
    [rsa, ec, ed].map(({ publicKey }, index) =>
      withHeader(
        `signed with a public key (${form} ${index}) as if it were a secret`,
        {},
        { key: form === 'pem' ? pem(publicKey) : der(publicKey) },
      ),
    ),
  ),
  ...(['jwk', 'jku', 'x5u', 'x5c', 'x5t', 'x5t#S256'] as const).flatMap((member): Vector[] => {
    const value =
      member === 'jwk'
        ? publicJwk(rsa.publicKey)
        : member === 'x5c'
          ? [der(rsa.publicKey).toString('base64')]
          : 'https://attacker.example/keys';
    return [
      withHeader(
        `${member} of their own, RS256`,
        { alg: 'RS256', [member]: value },
        { signature: asymmetric(rsa.privateKey, 'sha256') },
      ),
      withHeader(`${member} of their own, HS256`, { [member]: value }, { key: pem(rsa.publicKey) }),
      withHeader(`${member}, even in a token that is right`, { [member]: value }),
    ];
  }),
  withHeader('a symmetric jwk of their own', { jwk: { kty: 'oct', k: b64('attacker') } }, { key: 'attacker' }),
  ...[
    '../../../../dev/null',
    '/dev/null',
    "' OR '1'='1",
    "x' UNION SELECT 'attacker",
    '| whoami',
    'http://attacker.example',
    '',
    'deadbeef',
    '__proto__',
    'constructor',
    'toString',
    '\u0000',
    null,
    0,
    1e9,
    true,
    [],
    ['deadbeef'],
    {},
    undefined,
  ].flatMap((kid): Vector[] => [
    withHeader(`kid ${JSON.stringify(kid)}, their key`, { kid }, { key: '' }),
    withHeader(`kid ${JSON.stringify(kid)}, our key`, { kid }),
  ]),
  ['kid in an array', (kind) => made(kind, { header: { kid: [right[kind].header['kid']] } })],
  ['kid in other letters', (kind) => made(kind, { header: { kid: `${String(right[kind].header['kid'])}\u0000` } })],
];

const headers: Vector[] = [
  withHeader('crit', { crit: ['exp'], exp: seconds + 60 }),
  withHeader('crit of what is unknown', {
    crit: ['http://example.invalid/undefined'],
    'http://example.invalid/undefined': true,
  }),
  ...[[], null, 'exp', ['alg'], ['kid'], ['b64'], ['']].map((crit) =>
    withHeader(`crit ${JSON.stringify(crit)}`, { crit }),
  ),
  withHeader('b64: false', { b64: false }),
  withHeader('b64: false, and crit', { b64: false, crit: ['b64'] }),
  [
    'an unencoded payload',
    (kind) => {
      const input = `${b64(text({ ...right[kind].header, b64: false, crit: ['b64'] }))}.${text(right[kind].claims)}`;
      return `${input}.${hmac(input, secret)}`;
    },
  ],
  ...[undefined, null, '', 'at+jwt', 'JWE', 'jose', 1, ['JWT']].map((typ) =>
    withHeader(`header typ ${JSON.stringify(typ)}`, { typ }),
  ),
  withHeader('cty JWT', { cty: 'JWT' }),
  withHeader('zip', { zip: 'DEF' }),
  ...['null', '[]', '""', '1', 'true', '{', '{}', '', '{"alg":"HS256"}', '\u0000', '{"__proto__":{"alg":"HS256"}}'].map(
    (raw) => withHeader(`header ${JSON.stringify(raw)}`, raw),
  ),
  [
    'two algs, none last',
    (kind) => made(kind, { header: doubled(kind, 'header', '', ',"alg":"none"'), signature: noSignature }),
  ],
  [
    'two algs, none first',
    (kind) => made(kind, { header: doubled(kind, 'header', '"alg":"none",', ''), signature: noSignature }),
  ],
  [
    'two kids, theirs last',
    (kind) => made(kind, { header: doubled(kind, 'header', '', ',"kid":"deadbeef"'), key: '' }),
  ],
];

const claims: Vector[] = [
  withRaw('the other kind of token', (_token, _parts, kind) => right[other(kind)].token),
  ['typ of the other kind', (kind) => made(kind, { claims: { typ: other(kind) } })],
  ...['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'typ'].flatMap((name): Vector[] => [
    withClaims(`no ${name}`, { [name]: undefined }),
    ...[null, '', 'x', ['alice'], {}, true, [[]]].map((value) =>
      withClaims(`${name} ${JSON.stringify(value)}`, { [name]: value }),
    ),
  ]),
  withClaims('issuer of others', { iss: 'https://attacker.example' }),
  withClaims('issuer in capitals', { iss: 'ALICE' }),
  withClaims('audience of others', { aud: 'another-service' }),
  withClaims('audiences, ours among them', { aud: ['another-service', 'alice'] }),
  ...['exp', 'iat'].flatMap((name): Vector[] => [
    withClaims(`${name} as a text`, { [name]: String(seconds + 600) }),
    withClaims(`${name} as a fraction`, { [name]: seconds + 600.5 }),
    withClaims(`${name} as a date`, { [name]: '2030-01-01T00:00:00Z' }),
    [
      `${name} 1e400`,
      (kind) =>
        made(kind, { claims: text({ ...right[kind].claims, [name]: 0 }).replace(`"${name}":0`, `"${name}":1e400`) }),
    ],
    [
      `${name} 1e15 and more`,
      (kind) =>
        made(kind, { claims: text({ ...right[kind].claims, [name]: 0 }).replace(`"${name}":0`, `"${name}":1e20`) }),
    ],
  ]),
  withClaims('exp below zero', { exp: -1 }),
  withClaims('exp 0', { exp: 0 }),
  withClaims('expired 6 s ago', { exp: seconds - 6 }),
  withClaims('exp in milliseconds, past', { exp: -Date.parse(now) }),
  withClaims('iat 16 s ahead', { iat: seconds + 16 }),
  withClaims('nbf 6 s ahead', { nbf: seconds + 6 }),
  withClaims('nbf as a text', { nbf: 'now' }),
  ...[0, -1, 1.5, '1', null].map(
    (gen): Vector => [
      `gen ${JSON.stringify(gen)}`,
      (kind) =>
        kind === 'refresh' ? made(kind, { claims: { gen } }) : made(kind, { claims: { gen, typ: 'refresh' } }),
    ],
  ),
  withClaims('sub of somebody else, with no session of theirs', { sub: 'admin' }),
  withClaims('sub with SQL', { sub: "' OR 1=1 --" }),
  withClaims('sid with a NUL', { sid: `${uuidv7()}\u0000` }),
  ...['null', '[]', '""', '1', 'true', '{', '{}', '', '{"sub":"admin"}', '\u0000'].map((raw) =>
    withClaims(`claims ${JSON.stringify(raw)}`, raw),
  ),
  ['exp twice, the past last', (kind) => made(kind, { claims: doubled(kind, 'claims', '', `,"exp":${seconds - 60}`) })],
  ['sub twice, nobody last', (kind) => made(kind, { claims: doubled(kind, 'claims', '', ',"sub":"admin"') })],
  [
    'other claims under a signature that was right',
    (kind) => {
      const [header, , signature] = partsOf(kind);
      return `${header}.${b64(text({ ...right[kind].claims, sub: uuidv7() }))}.${signature}`;
    },
  ],
  [
    'another header over a signature that was right',
    (kind) => {
      const [, body, signature] = partsOf(kind);
      return `${b64(text({ kid: right[kind].header['kid'], alg: 'HS256', typ: 'JWT' }))}.${body}.${signature}`;
    },
  ],
];

const forms: Vector[] = [
  withRaw('empty', () => ''),
  withRaw('dots', () => '..'),
  withRaw('no signature', (_token, [header, body]) => `${header}.${body}.`),
  withRaw('no signature and no dot', (_token, [header, body]) => `${header}.${body}`),
  withRaw('no payload', (_token, [header, , signature]) => `${header}..${signature}`),
  withRaw('no payload and no dot', (_token, [header, , signature]) => `${header}.${signature}`),
  withRaw('no header', (_token, [, body, signature]) => `.${body}.${signature}`),
  withRaw('no header and no dot', (_token, [, body, signature]) => `${body}.${signature}`),
  withRaw('payload alone', (_token, [, body]) => body),
  withRaw('an empty part more', (token) => `${token}.`),
  withRaw('a part more', (token) => `${token}.Zm9v`),
  withRaw('an empty part ahead', (token) => `.${token}`),
  withRaw('parts the other way round', (_token, parts) => parts.toReversed().join('.')),
  withRaw('twice', (token) => token + token),
  withRaw('signature cut short', (token) => token.slice(0, -2)),
  withRaw(
    'signature of 16 bytes',
    (_token, [header, body, signature]) =>
      `${header}.${body}.${b64(Buffer.from(signature, 'base64url').subarray(0, 16))}`,
  ),
  withRaw(
    'signature with a byte more',
    (_token, [header, body, signature]) =>
      `${header}.${body}.${b64(Buffer.concat([Buffer.from(signature, 'base64url'), Buffer.from([0])]))}`,
  ),
  withRaw(
    'signature in hex',
    (_token, [header, body, signature]) => `${header}.${body}.${Buffer.from(signature, 'base64url').toString('hex')}`,
  ),
  withRaw(
    'signature in base64 with its padding',
    (_token, [header, body, signature]) =>
      `${header}.${body}.${Buffer.from(signature, 'base64url').toString('base64')}`,
  ),
  withRaw('signature with padding', (token) => `${token}=`),
  withRaw('every part with padding', (_token, parts) =>
    parts.map((part) => part.padEnd(Math.ceil(part.length / 4) * 4 + 4, '=')).join('.'),
  ),
  // 43 letters hold 258 bits: the last two count for nothing, and must be what we write.
  ...[1, 2, 3].map((stray) =>
    withRaw(`stray last bits ${stray}`, (token) => {
      const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      return token.slice(0, -1) + (letters[letters.indexOf(token.at(-1) ?? '') + stray] ?? '');
    }),
  ),
  ...[' ', '\t', '\n', '\r\n', '\u00a0', '\u200b', '\ufeff', '\u0000', '%00', '+'].flatMap((space): Vector[] => [
    withRaw(`${JSON.stringify(space)} ahead`, (token) => space + token),
    withRaw(`${JSON.stringify(space)} behind`, (token) => token + space),
    withRaw(`${JSON.stringify(space)} within the signature`, (token) => token.slice(0, -5) + space + token.slice(-5)),
    withRaw(
      `${JSON.stringify(space)} within the payload`,
      (_token, [header, body, signature]) => `${header}.${body.slice(0, 9)}${space}${body.slice(9)}.${signature}`,
    ),
  ]),
  withRaw('letters that look alike', (token) => token.replace('e', 'е').replace('y', 'у')),
  withRaw('full-width dots', (token) => token.replaceAll('.', '．')),
  withRaw('in capitals', (token) => token.toUpperCase()),
  withRaw('quoted', (token) => JSON.stringify(token)),
  withRaw('percent-encoded', (token) => token.replaceAll('.', '%2E')),
  withRaw('JSON serialisation, flattened', (_token, [header, payload, signature]) =>
    text({ protected: header, payload, signature }),
  ),
  withRaw('JSON serialisation, general', (_token, [header, payload, signature]) =>
    text({ payload, signatures: [{ protected: header, signature }] }),
  ),
  withRaw('a token in a token', (token, _parts, kind) => made(kind, { claims: JSON.stringify(token) })),
  withRaw('a token in a token, as cty says', (token, _parts, kind) =>
    made(kind, { header: { cty: 'JWT' }, claims: token }),
  ),
  withRaw('a megabyte of signature', (_token, [header, body]) => `${header}.${body}.${'A'.repeat(1_000_000)}`),
  withRaw('a megabyte of claims, signed', (_token, _parts, kind) =>
    made(kind, { claims: { fill: 'x'.repeat(1_000_000) } }),
  ),
  withRaw('a megabyte of header, signed', (_token, _parts, kind) =>
    made(kind, { header: { fill: 'x'.repeat(1_000_000) } }),
  ),
  withRaw('a megabyte of dots', () => '.'.repeat(1_000_000)),
  withRaw('deep JSON, signed', (_token, _parts, kind) =>
    made(kind, { claims: `${'['.repeat(50_000)}${']'.repeat(50_000)}` }),
  ),
  withRaw(
    'a JWE of five parts',
    () => `${b64(text({ alg: 'dir', enc: 'A256GCM' }))}..${b64(randomBytes(12))}.${b64('{}')}.${b64(randomBytes(16))}`,
  ),
  [
    'a JWE with our key',
    (kind) =>
      new CompactEncrypt(Buffer.from(text(right[kind].claims)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: String(right[kind].header['kid']) })
        .encrypt(Buffer.from(secret).subarray(0, 32)),
  ],
  [
    'a JWE with a password (CVE-2023-50967: endless rounds)',
    (kind) =>
      `${b64(text({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM', p2c: 2 ** 31 - 1, p2s: b64('salt'), kid: right[kind].header['kid'] }))}.${b64(randomBytes(24))}.${b64(randomBytes(12))}.${b64('{}')}.${b64(randomBytes(16))}`,
  ],
];

const groups = { algorithms, keys, headers, claims, forms };
const vectors = Object.values(groups).flat();

/** What an attempt came to: `accepted`, a code of ours, or what nobody foresaw. */
async function resultOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
    return 'accepted';
  } catch (error) {
    const { code, cause } = error as { code?: string; cause?: { code?: string } };
    return cause?.code ?? code ?? String(error);
  }
}

const verify = (kind: Kind, token: string) =>
  resultOf(() => (kind === 'access' ? deps.tokens.verifyAccess(token) : deps.tokens.verifyRefresh(token)));

const overLadder = (kind: Kind, token: string) =>
  resultOf(() =>
    kind === 'access' ? callAs(deps, token).users.me() : callAs(deps, null).auth.refresh({ refreshToken: token }),
  );

describe.each(['access', 'refresh'] as const)('as %s token', (kind) => {
  it('the unmodified tokens of these tests are accepted', async () => {
    expect(made(kind)).toBe(right[kind].token);
    for (const parts of [
      { claims: { jti: '0123456789012345678901' } },
      { claims: { exp: seconds - 4 } },
      { claims: { iat: seconds + 4 } },
      { claims: { nbf: seconds } },
    ]) {
      expect(await verify(kind, made(kind, parts))).toBe('accepted');
    }
  });

  it.each(Object.keys(groups) as (keyof typeof groups)[])('none of the hostile %s is accepted', async (group) => {
    const wrong: string[] = [];
    for (const [name, make] of groups[group]) {
      const token = await make(kind);
      // Over the ladder, the schema of an input may refuse what is no token at all.
      const isLong = token.length === 0 || token.length > 2000;
      const results = [await verify(kind, token), await overLadder(kind, token)];
      const expected = ['UNAUTHENTICATED', kind === 'refresh' && isLong ? 'BAD_REQUEST' : 'UNAUTHENTICATED'];
      if (results.join() !== expected.join()) wrong.push(`${name}: ${results.join(', ')}`);
    }
    expect(wrong).toEqual([]);
  });
});

it('no attempt affected the user: both tokens still work', async () => {
  console.log(
    `${vectors.length} hostile vectors, each as access and as refresh token and through the ladder: none accepted`,
  );
  expect(vectors.length).toBeGreaterThan(60);
  expect(new Set(vectors.map(([name]) => name)).size).toBe(vectors.length);
  await callAs(deps, right.access.token).users.me();
  await callAs(deps, null).auth.refresh({ refreshToken: right.refresh.token });
});

it('100,000 tokens with one changed bit: none is accepted, all get UNAUTHENTICATED', { timeout: 60_000 }, async () => {
  const attempts = 100_000;
  const startedAt = performance.now();
  const tokens = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const at = new Date(now);
      const pair = await deps.tokens.issue({
        userId: uuidv7(),
        id: uuidv7(),
        generation: 1,
        createdAt: at,
        rotatedAt: at,
      });
      return [pair.accessToken, pair.refreshToken] as const;
    }),
  );
  const results = new Map<string, number>();
  const flip = async (kind: Kind, token: string, bit: number) => {
    const bytes = Buffer.from(token, 'latin1');
    bytes.writeUInt8(bytes.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    const result = await verify(kind, bytes.toString('latin1'));
    results.set(result, (results.get(result) ?? 0) + 1);
  };
  // Every bit of one pair, then any bit of any.
  const [first] = tokens;
  const every = [first?.[0] ?? '', first?.[1] ?? ''].flatMap((token, index) =>
    Array.from({ length: token.length * 8 }, (_, bit) => [index, token, bit] as const),
  );
  for (let done = 0; done < attempts; done += 500) {
    await Promise.all(
      Array.from({ length: 500 }, (_, offset) => {
        const known = every[done + offset];
        const index = known?.[0] ?? randomInt(2);
        const token = known?.[1] ?? tokens[randomInt(tokens.length)]?.[index === 0 ? 0 : 1] ?? '';
        return flip(index === 0 ? 'access' : 'refresh', token, known?.[2] ?? randomInt(token.length * 8));
      }),
    );
  }
  console.log(
    `${attempts} bit flips in ${Math.round(performance.now() - startedAt)} ms: ${JSON.stringify(Object.fromEntries(results))}`,
  );
  expect(Object.fromEntries(results)).toEqual({ UNAUTHENTICATED: attempts });
});

describe('a rotation of the signing key', () => {
  const kidOf = (token: string | null) =>
    JSON.parse(Buffer.from(token?.split('.')[0] ?? '', 'base64url').toString()).kid;
  const withSecrets = async (...secrets: TokenOptions['secrets']) =>
    testDeps(db, { clock, tokens: issuerOf(...secrets) });

  it('signs nobody out: each process accepts the previous keys, and old tokens are exchanged for new ones', async () => {
    const [before, both, after, done] = await Promise.all([
      withSecrets(previous),
      withSecrets(previous, secret),
      withSecrets(secret, previous),
      withSecrets(secret),
    ]);
    const { tokens, user } = await signUp(before);
    for (const step of [both, after]) expect((await callAs(step, tokens.accessToken).users.me()).id).toBe(user.id);
    // While it is rolled out, the one that signs with the old key and the one that signs with the new know each other's.
    const late = await callAs(both, null).auth.refresh({ refreshToken: tokens.refreshToken ?? '' });
    clock.advance({ minutes: 1 });
    const next = await callAs(after, null).auth.refresh({ refreshToken: late.refreshToken ?? '' });
    expect(kidOf(next.refreshToken)).not.toBe(kidOf(late.refreshToken));
    for (const step of [both, after, done]) {
      expect((await callAs(step, next.accessToken).users.me()).id).toBe(user.id);
    }
    clock.advance({ minutes: 1 });
    const last = await callAs(done, null).auth.refresh({ refreshToken: next.refreshToken ?? '' });
    expect(kidOf(last.refreshToken)).toBe(kidOf(next.refreshToken));
  });

  it('ends the old key for good, whatever it signs', async () => {
    const [before, done] = await Promise.all([withSecrets(forgotten), withSecrets(secret, previous)]);
    const { tokens } = await signUp(before);
    expect(await resultOf(() => callAs(done, tokens.accessToken).users.me())).toBe('UNAUTHENTICATED');
    const refreshToken = tokens.refreshToken ?? '';
    expect(await resultOf(() => callAs(done, null).auth.refresh({ refreshToken }))).toBe('UNAUTHENTICATED');
    // Where it is still known, the session lives on: a refused token ends nothing.
    await callAs(before, null).auth.refresh({ refreshToken });
  });
});
