import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { readSettings, SettingsError, settingNames } from './env.ts';

const strong = 'Zk3v9QxT1mLr7YpB0sDf5HnC8wJ2aGuE6oVi4RzKqXM';

function faultsOf(environment: Record<string, string>): readonly string[] {
  try {
    readSettings(environment);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.faults;
    throw error;
  }
}

describe('readSettings', () => {
  it('needs no settings: the default is one process without external servers', () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({
      appName: 'ALICE',
      appEnv: 'development',
      host: 'localhost',
      port: 8000,
      redisUrl: null,
      secretKey: null,
      accessTokenMinutes: 15,
      refreshTokenDays: 7,
      corsOrigins: [],
      logLevel: 'info',
    });
    expect(settings.database).toEqual({ dataDir: settings.dataDir });
    expect(settings.dataDir).toMatch(/\.data$/);
  });

  it('treats an empty setting as missing', () => {
    expect(readSettings({ PORT: '', REDIS_URL: '', DATABASE_URL: '', SECRET_KEY: '' })).toEqual(readSettings({}));
  });

  it('reads lists as JSON or separated by commas, and server addresses as a URL or in parts', () => {
    const origins = ['https://a.example', 'http://localhost:5173'];
    expect(readSettings({ CORS_ORIGINS: JSON.stringify(origins) }).corsOrigins).toEqual(origins);
    expect(readSettings({ CORS_ORIGINS: origins.join(' , ') }).corsOrigins).toEqual(origins);
    expect(readSettings({ REDIS_HOST: 'cache', REDIS_PORT: '7000' }).redisUrl).toBe('redis://cache:7000');
    expect(readSettings({ REDIS_URL: 'redis://cache', REDIS_PORT: '7000' }).redisUrl).toBe('redis://cache');
    expect(readSettings({ PORT: ' 9000 ', JWT_ACCESS_TOKEN_EXPIRE_MINUTES: '0.5' })).toMatchObject({
      port: 9000,
      accessTokenMinutes: 0.5,
    });
    expect(readSettings({ MAIL_URL: 'smtp://localhost:2525/' }).mailUrl).toBe('smtp://localhost:2525/');
    expect(readSettings({ DATABASE_URL: 'postgres://u@h/d' }).database).toEqual({ url: 'postgres://u@h/d' });
    expect(readSettings({ DEBUG: 'true' })).toMatchObject({ debug: true, logLevel: 'debug' });
  });

  it.each([
    ['PORT', 'abc'],
    ['PORT', '70000'],
    ['PORT', '80.5'],
    ['PORT', ' '],
    ['PORT', '1e3'],
    ['PORT', '-1'],
    ['JWT_ACCESS_TOKEN_EXPIRE_MINUTES', '0x10'],
    ['RATE_LIMIT_MAILS_PER_HOUR', 'Infinity'],
    ['REDIS_PORT', '6379'],
    ['APP_ENV', 'prod'],
    ['CORS_ORIGINS', '*'],
    ['CORS_ORIGINS', 'https://a.example/path'],
    ['CORS_ORIGINS', '["https://a.example", 3]'],
    ['CORS_ORIGINS', '["https://a.example"'],
    ['REDIS_URL', 'http://x'],
    ['DATABASE_URL', 'mysql://x'],
    ['SECRET_KEY', 'short'],
    ['SECRET_KEY', 'your-secret-key-change-me-in-production-please'],
    ['JWT_SECRET_KEY', 'a'.repeat(64)],
    ['JWT_PREVIOUS_SECRET_KEYS', `${strong},short`],
    ['JWT_ACCESS_TOKEN_EXPIRE_MINUTES', '0'],
    ['LOG_LEVEL', 'loud'],
    ['TRUSTED_PROXIES', '10.0.0.0/99'],
    ['TRUSTED_PROXIES', 'proxy.example'],
    ['DEBUG', 'maybe'],
    ['ROLE', 'api'],
    ['ROLE', 'boss'],
    ['PUBLIC_URL', 'alice.example.com'],
    ['PUBLIC_URL', 'https://alice.example.com/app'],
    ['MAIL_URL', 'https://mail.example.com'],
    ['MAIL_URL', 'smtp://mail.example.com?ignoreTLS=true'],
    ['MAIL_URL', 'smtp://mail.example.com/path'],
    ['MAIL_URL', 'smtp://mail.example.com#x'],
    ['MAIL_FROM', 'ALICE'],
    ['MAIL_FROM', 'ALICE <alice@example.com>, Eve <eve@example.com>'],
    ['ADMIN_EMAILS', 'boss@example.com, boss'],
  ])('refuses %s=%s and names the setting, but does not print a secret', (name, value) => {
    const faults = faultsOf({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(new RegExp(`^${name}: .{8}`));
    if (name.includes('SECRET')) expect(faults[0]).not.toContain(value);
  });

  it('derives the sender of emails and the public URL when they are not set', () => {
    const secret = { SECRET_KEY: strong, JWT_SECRET_KEY: strong.toLowerCase() };
    expect(readSettings({ PORT: '9000' })).toMatchObject({
      role: 'all',
      publicUrl: 'http://localhost:9000',
      isPublicUrlGiven: false,
      mailUrl: null,
      mailFrom: { name: 'ALICE', address: 'alice@localhost' },
      adminEmails: [],
    });
    expect(
      readSettings({
        ...secret,
        APP_ENV: 'production',
        DATABASE_URL: 'postgres://u@h/d',
        ROLE: 'worker',
        PUBLIC_URL: 'https://alice.example.com/',
        MAIL_URL: 'smtps://user:pass@mail.example.com',
        ADMIN_EMAILS: 'Boss@Example.com, chief@example.com',
      }),
    ).toMatchObject({
      role: 'worker',
      publicUrl: 'https://alice.example.com',
      mailUrl: 'smtps://user:pass@mail.example.com',
      mailFrom: { name: 'ALICE', address: 'alice@alice.example.com' },
      adminEmails: ['boss@example.com', 'chief@example.com'],
    });
    const from = (MAIL_FROM: string) => readSettings({ MAIL_FROM }).mailFrom;
    expect(from('Our ALICE <hello@example.com>')).toEqual({ name: 'Our ALICE', address: 'hello@example.com' });
    expect(from('"ALICE, Inc." <hello@example.com>')).toEqual({ name: 'ALICE, Inc.', address: 'hello@example.com' });
    expect(from('hello@example.com')).toEqual({ name: '', address: 'hello@example.com' });
  });

  it('reports all invalid settings at once', () => {
    expect(faultsOf({ PORT: 'x', APP_ENV: 'x', DATABASE_URL: 'x' }).map((fault) => fault.split(':')[0])).toEqual([
      'APP_ENV',
      'PORT',
      'DATABASE_URL',
    ]);
  });

  it('refuses the same secret for two purposes', () => {
    const faults = faultsOf({ SECRET_KEY: strong, JWT_SECRET_KEY: strong });
    expect(faults).toEqual([expect.stringMatching(/^JWT_SECRET_KEY: must not be the same/)]);
    expect(faults.join()).not.toContain(strong);
  });

  it('warns in production about settings that are often forgotten, and only there', () => {
    const production = { APP_ENV: 'production', SECRET_KEY: strong, JWT_SECRET_KEY: strong.toLowerCase() };
    const names = (environment: Record<string, string>) =>
      readSettings(environment).warnings.map((warning) => warning.split(' ')[0]);
    expect(names({})).toEqual([]);
    expect(names(production)).toEqual(['DATABASE_URL', 'MAIL_URL', 'PUBLIC_URL']);
    const rest = { DATABASE_URL: 'postgres://u@h/d', MAIL_URL: 'smtp://h', PUBLIC_URL: 'https://a.example' };
    expect(names({ ...production, ...rest })).toEqual([]);
  });

  it('knows every setting in .env.example', async () => {
    const example = await readFile(new URL('../../../.env.example', import.meta.url), 'utf8');
    const listed = [...example.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name);
    expect(new Set(settingNames)).toEqual(new Set(listed));
  });

  it.each([
    ['DATABSE_URL', 'DATABASE_URL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['database_url', 'DATABASE_URL'],
    ['JWT_SECRET', 'JWT_SECRET_KEY'],
    ['SECRETKEY', 'SECRET_KEY'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['MAIL_FORM', 'MAIL_FROM'],
    ['POSTGRES_PASWORD', 'POSTGRES_PASSWORD'],
    ['RATE_LIMIT_CALLS', 'RATE_LIMIT_CALLS_PER_MINUTE'],
    ['TRUSTED_PROXYS', 'TRUSTED_PROXIES'],
  ])('warns that %s may be a misspelling of %s, without printing its value', (name, meant) => {
    const { warnings } = readSettings({ [name]: 'hunter2hunter2' });
    expect(warnings).toEqual([`${name} is not a setting: did you mean ${meant}?`]);
    // Where the right one is there, the other is somebody else's.
    const right = { DATABASE_URL: 'postgres://u@h/d', JWT_SECRET_KEY: strong, CORS_ORIGINS: 'https://a.example' };
    expect(meant in right ? readSettings({ ...right, [name]: 'x' }).warnings : []).toEqual([]);
  });

  it('does not warn about other environment variables', () => {
    const common = [
      'PATH HOME HOSTNAME USER SHELL LANG LC_ALL TERM PWD OLDPWD LOGNAME MAIL MAILCHECK EDITOR DISPLAY TMPDIR TZ SHLVL _',
      'SSH_AUTH_SOCK XDG_RUNTIME_DIR XDG_DATA_DIRS XDG_DATA_HOME DBUS_SESSION_BUS_ADDRESS COLORTERM LS_COLORS LESSOPEN',
      'NODE_ENV NODE_OPTIONS NODE_VERSION NODE_PATH NPM_TOKEN npm_config_cache npm_lifecycle_event npm_package_name',
      'npm_package_version npm_execpath INIT_CWD YARN_VERSION PNPM_HOME CI GITHUB_ACTIONS GITHUB_TOKEN GITHUB_REF_NAME',
      'GITLAB_CI CI_JOB_NAME RUNNER_NAME KUBERNETES_SERVICE_HOST KUBERNETES_PORT REDIS_SERVICE_HOST REDIS_PORT_6379_TCP',
      'POSTGRES_SERVICE_HOST POSTGRES_PORT_5432_TCP_ADDR POSTGRES_INITDB_ARGS POSTGRES_HOST_AUTH_METHOD POSTGRES_URL',
      'POSTGRES_PASSWORD_FILE PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGDATA REDIS_PASSWORD REDIS_TLS_URL REDIS_DB',
      'HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy no_proxy AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_PROFILE',
      'DYNO FLY_APP_NAME FLY_REGION RENDER RENDER_SERVICE_NAME RAILWAY_ENVIRONMENT VERCEL_ENV VERCEL_URL K_SERVICE PORTS',
      'SENTRY_DSN OTEL_SERVICE_NAME OTEL_EXPORTER_OTLP_ENDPOINT INVOCATION_ID JOURNAL_STREAM SYSTEMD_EXEC_PID SMTP_URL',
      'APP_HOME APP_PORT APP_DIR APP_USER APP_VERSION LOG_FORMAT LOG_DIR LOG_FILE DEBUG_COLORS SECRET_KEY_BASE JWT_ISSUER',
      'TURBO_HASH VITEST TEST_DATABASE_URL TEST_REDIS_URL FORCE_COLOR NO_COLOR COLUMNS LINES UV_THREADPOOL_SIZE',
      'PROCESSOR_ARCHITECTURE APPDATA USERPROFILE ProgramFiles SystemRoot COMPUTERNAME OS PATHEXT windir',
    ].join(' ');
    const environment = Object.fromEntries(common.split(' ').map((name) => [name, 'x']));
    expect(readSettings(environment).warnings).toEqual([]);
  });

  it('starts in production only with strong secrets', () => {
    expect(faultsOf({ APP_ENV: 'production' }).map((fault) => fault.split(':')[0])).toEqual([
      'SECRET_KEY',
      'JWT_SECRET_KEY',
    ]);
    expect(faultsOf({ APP_ENV: 'production', SECRET_KEY: strong, JWT_SECRET_KEY: strong.toLowerCase() })).toEqual([]);
  });
});
