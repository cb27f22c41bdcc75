import { expect, test } from 'vitest';
import { createTokenTimer } from './token-timer.ts';

function jwt(claims: object): string {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.signature`;
}

function timerAt() {
  const clock = { now: 0 };
  return { clock, timer: createTokenTimer(() => clock.now) };
}

test.each([
  ['now', 1_800_000_000],
  ['in 1970', 0],
  ['in 2100', 4_102_444_800],
])('a token of 15 minutes is refreshed 5 s early, issued %s', (_, iat) => {
  const { clock, timer } = timerAt();
  const token = jwt({ iat, exp: iat + 900, name: 'Zoë ÿ>?' });
  expect(timer.isEnding(token)).toBe(false);
  clock.now = 894_999;
  expect(timer.isEnding(token)).toBe(false);
  clock.now = 895_000;
  expect(timer.isEnding(token)).toBe(true);
});

test('a short-lived token is used for three quarters of its lifetime', () => {
  const { clock, timer } = timerAt();
  const token = jwt({ iat: 10, exp: 12 });
  timer.isEnding(token);
  clock.now = 1_499;
  expect(timer.isEnding(token)).toBe(false);
  clock.now = 1_500;
  expect(timer.isEnding(token)).toBe(true);
});

test('a new token starts a new timer', () => {
  const { clock, timer } = timerAt();
  timer.isEnding(jwt({ iat: 0, exp: 900 }));
  clock.now = 890_000;
  const next = jwt({ iat: 890, exp: 1790 });
  expect(timer.isEnding(next)).toBe(false);
  clock.now = 1_784_000;
  expect(timer.isEnding(next)).toBe(false);
});

test.each([
  'opaque',
  'a.%%%.c',
  'a.e30.c',
  jwt({ iat: 5, exp: 'soon' }),
  jwt({ iat: 5, exp: 5 }),
  `a.${btoa('null')}.c`,
])('the expiry of %s is unknown', (token) => {
  const { clock, timer } = timerAt();
  timer.isEnding(token);
  clock.now = 1e12;
  expect(timer.isEnding(token)).toBe(false);
});
