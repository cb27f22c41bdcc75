import { isIP } from 'node:net';
import type { DatabaseOptions } from '@alice/db';
import { databaseFromEnv, dataDirFromEnv } from '@alice/db/entry';
import { z } from 'zod';
import { misspeltSettings, productionWarnings } from './env-warnings.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The validated settings, in the units that the code uses. */
export interface Settings {
  readonly appName: string;
  readonly appEnv: 'development' | 'test' | 'production';
  readonly debug: boolean;
  readonly logLevel: string;
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly database: DatabaseOptions;
  /** Null: memory is used instead. */
  readonly redisUrl: string | null;
  /** Null outside production: generated and stored in the data directory. */
  readonly secretKey: string | null;
  /** Earlier secret keys, which can still decrypt. */
  readonly previousSecretKeys: readonly string[];
  /** Null outside production: derived from the secret key. */
  readonly jwtSecretKey: string | null;
  /** Earlier signing keys; their tokens are still valid. */
  readonly jwtPreviousSecretKeys: readonly string[];
  readonly accessTokenMinutes: number;
  readonly refreshTokenDays: number;
  /** Calls per user and minute. */
  readonly callsPerMinute: number;
  /** Anonymous calls per network and minute. */
  readonly anonymousPerMinute: number;
  /** Registrations per network and hour. */
  readonly registrationsPerHour: number;
  /** Mails per network and hour. */
  readonly mailsPerHour: number;
  readonly corsOrigins: readonly string[];
  /** Addresses and networks (CIDR) whose `X-Forwarded-For` is trusted. */
  readonly trustedProxies: readonly string[];
  /**
   * `api` serves requests and leaves jobs to others; `worker` runs jobs and serves only health endpoints; `all` does
   * both.
   */
  readonly role: 'all' | 'api' | 'worker';
  /** An origin, without a trailing slash. */
  readonly publicUrl: string;
  /** Whether PUBLIC_URL is set; otherwise it is localhost. */
  readonly isPublicUrlGiven: boolean;
  /** Warnings for the operator, logged at the start. */
  readonly warnings: readonly string[];
  /** Null: mails are written to the data directory. */
  readonly mailUrl: string | null;
  readonly mailFrom: Mailbox;
  /** In lower case. */
  readonly adminEmails: readonly string[];
}

export interface Mailbox {
  readonly name: string;
  readonly address: string;
}

/** Invalid settings: one line per setting, `NAME: what is wrong`. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`Invalid settings:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.faults = faults;
  }
}

const number = (min: number, max: number, standard: number) =>
  z
    .string()
    .trim()
    // `Number` reads a blank as 0 and accepts hexadecimal.
    .regex(/^\d+(\.\d+)?$/, 'must be a decimal number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .default(standard);

const wholeNumber = (min: number, max: number, standard: number) =>
  number(min, max, standard).pipe(z.int('must be a whole number'));

const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol.slice(0, -1)), {
    error: `must be a URL that begins with ${protocols.map((name) => `${name}://`).join(' or ')}`,
  });

const flag = z
  .enum(['true', 'false', '1', '0'])
  .default('false')
  .transform((value) => value === 'true' || value === '1');

const secret = z
  .string()
  .min(32, 'must be at least 32 characters long; generate one with: openssl rand -base64 48')
  .refine(
    (value) => !/change|sample|example|your[-_ ]|secret|password/i.test(value),
    'is a sample value; generate one with: openssl rand -base64 48',
  )
  .refine((value) => new Set(value).size >= 10, 'is too repetitive; generate one with: openssl rand -base64 48');

const origin = z.string().refine((value) => URL.canParse(value) && new URL(value).origin === value, {
  error: (issue) => `must be an origin like https://app.example.com, not ${JSON.stringify(issue.input)}`,
});

const network = z.string().refine((value) => {
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}, 'must be addresses or networks like 10.0.0.0/8, separated by commas');

const mailbox = z
  .string()
  .transform((value): Mailbox => {
    const [, name = '', address = value] = /^\s*"?([^"<>]*?)"?\s*<([^<>]*)>\s*$/.exec(value) ?? [];
    return { name, address: address.trim() };
  })
  .refine(({ name, address }) => isAddress(address) && !/\p{Cc}/u.test(name), {
    error: 'must be an email address like ALICE <alice@example.com>',
  });

const schema = z.object({
  APP_NAME: z.string().default('ALICE'),
  APP_ENV: z.enum(['development', 'test', 'production']).default('development'),
  DEBUG: flag,
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).optional(),
  HOST: z.string().default('localhost'),
  PORT: number(0, 65_535, 8000).pipe(z.int('must be a whole number')),
  REDIS_URL: url('redis', 'rediss').optional(),
  REDIS_HOST: z.string().optional(),
  REDIS_PORT: number(1, 65_535, 6379),
  SECRET_KEY: secret.optional(),
  JWT_SECRET_KEY: secret.optional(),
  PREVIOUS_SECRET_KEYS: z.string().default('').transform(list).pipe(z.array(secret)),
  JWT_PREVIOUS_SECRET_KEYS: z.string().default('').transform(list).pipe(z.array(secret)),
  JWT_ACCESS_TOKEN_EXPIRE_MINUTES: number(0.01, 60, 15),
  JWT_REFRESH_TOKEN_EXPIRE_DAYS: number(0.01, 30, 7),
  RATE_LIMIT_CALLS_PER_MINUTE: wholeNumber(1, 1_000_000_000, 1200),
  RATE_LIMIT_ANONYMOUS_CALLS_PER_MINUTE: wholeNumber(1, 1_000_000_000, 120),
  RATE_LIMIT_REGISTRATIONS_PER_HOUR: wholeNumber(1, 1_000_000_000, 10),
  RATE_LIMIT_MAILS_PER_HOUR: wholeNumber(1, 1_000_000_000, 10),
  CORS_ORIGINS: z.string().default('').transform(list).pipe(z.array(origin)),
  TRUSTED_PROXIES: z.string().default('').transform(list).pipe(z.array(network)),
  ROLE: z.enum(['all', 'api', 'worker']).default('all'),
  PUBLIC_URL: url('http', 'https')
    .transform((value) => value.replace(/\/$/, ''))
    .pipe(origin)
    .optional(),
  MAIL_URL: url('smtp', 'smtps')
    .refine(isServerAlone, 'must end after the host and port: options are not supported')
    .optional(),
  MAIL_FROM: mailbox.optional(),
  ADMIN_EMAILS: z
    .string()
    .default('')
    .transform((value) => list(value.toLowerCase()))
    .pipe(z.array(z.email({ error: 'must be email addresses, separated by commas' }))),
});

/** Settings that are read elsewhere (the database's), or by a later version. */
const otherNames = [
  'DATA_DIR',
  'DATABASE_URL',
  ...['HOST', 'PORT', 'USER', 'PASSWORD', 'DB'].map((part) => `POSTGRES_${part}`),
  ...['ANTHROPIC', 'OPENAI'].flatMap((name) => [`${name}_API_KEY`, `${name}_BASE_URL`, `${name}_MODEL`]),
];
export const settingNames: readonly string[] = [...Object.keys(schema.shape), ...otherNames];

/** Reads the settings. Throws a SettingsError that lists all invalid ones. An empty setting is treated as missing. */
export function readSettings(environment: Environment): Settings {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = schema.safeParse(given);
  const faults = parsed.success ? [] : firstFaults(parsed.error);
  if (given['APP_ENV'] === 'production') {
    for (const name of ['SECRET_KEY', 'JWT_SECRET_KEY']) {
      if (given[name] === undefined)
        faults.push(`${name}: is required in production; generate one with: openssl rand -base64 48`);
    }
  }
  if (given['SECRET_KEY'] !== undefined && given['SECRET_KEY'] === given['JWT_SECRET_KEY'])
    faults.push('JWT_SECRET_KEY: must not be the same as SECRET_KEY; generate one with: openssl rand -base64 48');
  if (given['REDIS_PORT'] !== undefined && given['REDIS_HOST'] === undefined && given['REDIS_URL'] === undefined)
    faults.push('REDIS_PORT: requires REDIS_HOST');
  const database = readDatabase(environment, faults);
  if (parsed.success && parsed.data.ROLE !== 'all' && database !== null && 'dataDir' in database)
    faults.push('ROLE: must be all with the embedded database, which only one process can use');
  if (!parsed.success || database === null || faults.length > 0) throw new SettingsError(faults);

  const env = parsed.data;
  const publicUrl = env.PUBLIC_URL ?? `http://localhost:${env.PORT}`;
  const isPublicUrlGiven = env.PUBLIC_URL !== undefined;
  const mailUrl = env.MAIL_URL ?? null;
  const redisHost = env.REDIS_HOST === undefined ? null : `redis://${env.REDIS_HOST}:${env.REDIS_PORT}`;
  return {
    appName: env.APP_NAME,
    appEnv: env.APP_ENV,
    debug: env.DEBUG,
    logLevel: env.LOG_LEVEL ?? (env.DEBUG ? 'debug' : 'info'),
    host: env.HOST,
    port: env.PORT,
    dataDir: dataDirFromEnv(given),
    database,
    redisUrl: env.REDIS_URL ?? redisHost,
    secretKey: env.SECRET_KEY ?? null,
    jwtSecretKey: env.JWT_SECRET_KEY ?? null,
    previousSecretKeys: env.PREVIOUS_SECRET_KEYS,
    jwtPreviousSecretKeys: env.JWT_PREVIOUS_SECRET_KEYS,
    accessTokenMinutes: env.JWT_ACCESS_TOKEN_EXPIRE_MINUTES,
    refreshTokenDays: env.JWT_REFRESH_TOKEN_EXPIRE_DAYS,
    callsPerMinute: env.RATE_LIMIT_CALLS_PER_MINUTE,
    anonymousPerMinute: env.RATE_LIMIT_ANONYMOUS_CALLS_PER_MINUTE,
    registrationsPerHour: env.RATE_LIMIT_REGISTRATIONS_PER_HOUR,
    mailsPerHour: env.RATE_LIMIT_MAILS_PER_HOUR,
    corsOrigins: env.CORS_ORIGINS,
    trustedProxies: env.TRUSTED_PROXIES,
    role: env.ROLE,
    publicUrl,
    isPublicUrlGiven,
    warnings: [
      ...misspeltSettings(Object.keys(environment), settingNames),
      ...productionWarnings({ appEnv: env.APP_ENV, database, mailUrl, isPublicUrlGiven }),
    ],
    mailUrl,
    mailFrom: env.MAIL_FROM ?? { name: env.APP_NAME, address: `alice@${new URL(publicUrl).hostname}` },
    adminEmails: env.ADMIN_EMAILS,
  };
}

/** The only place of this app that reads the environment. */
export function processSettings(): Settings {
  return readSettings(process.env);
}

/** The first error of each setting. */
function firstFaults({ issues }: z.ZodError): string[] {
  const first = new Map<string, string>();
  for (const { path, message } of issues) {
    const name = String(path[0]);
    if (!first.has(name)) first.set(name, `${name}: ${message}`);
  }
  return [...first.values()];
}

/** A JSON array or comma-separated text. Anything else is returned as it is, for the next check to reject. */
function list(value: string): unknown[] {
  if (value.trim().startsWith('[')) {
    try {
      const parsed: unknown = JSON.parse(value);
      if (Array.isArray(parsed)) return parsed;
    } catch {
      return [value];
    }
  }
  return value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function isServerAlone(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { hostname, pathname, search, hash } = new URL(value);
  return hostname !== '' && (pathname === '' || pathname === '/') && search === '' && hash === '';
}

function isAddress(value: string): boolean {
  return /^[^\s\p{Cc}<>()[\]\\,;:@"]+@[^\s\p{Cc}<>()[\]\\,;:@"]+$/u.test(value);
}

function readDatabase(environment: Environment, faults: string[]): DatabaseOptions | null {
  try {
    return databaseFromEnv(environment);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    faults.push(message.replace(/^([A-Z_]+) /, '$1: '));
    return null;
  }
}
