import { expect, test } from 'vitest';

import { databaseFromEnv } from './env.ts';

test('without settings the database is embedded, in .data of the repository or in DATA_DIR', () => {
  expect(databaseFromEnv({})).toEqual({ dataDir: expect.stringMatching(/\/\.data$/) });
  expect(databaseFromEnv({ DATABASE_URL: '', POSTGRES_HOST: '', DATA_DIR: '/srv/alice' })).toEqual({
    dataDir: '/srv/alice',
  });
});

test('DATABASE_URL takes precedence over the separate settings', () => {
  expect(databaseFromEnv({ DATABASE_URL: 'postgresql://h/d', POSTGRES_HOST: 'other' })).toEqual({
    url: 'postgresql://h/d',
  });
});

test('the separate settings form a URL, with any characters in the password', () => {
  expect(databaseFromEnv({ POSTGRES_HOST: 'db' })).toEqual({ url: 'postgres://postgres@db:5432/alice' });
  expect(
    databaseFromEnv({
      POSTGRES_HOST: '::1',
      POSTGRES_PORT: '6000',
      POSTGRES_USER: 'a@b',
      POSTGRES_PASSWORD: 'p/w:?#',
      POSTGRES_DB: 'x y',
    }),
  ).toEqual({ url: 'postgres://a%40b:p%2Fw%3A%3F%23@[::1]:6000/x%20y' });
});

test('an invalid setting is named without its value', () => {
  expect(() => databaseFromEnv({ DATABASE_URL: 'mysql://root:secret@h' })).toThrow(
    /^DATABASE_URL must begin with postgres:\/\/ or postgresql:\/\/$/,
  );
  expect(() => databaseFromEnv({ POSTGRES_HOST: 'h', POSTGRES_PORT: 'x' })).toThrow('POSTGRES_PORT');
});
