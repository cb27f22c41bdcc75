import { afterEach, expect, test, vi } from 'vitest';
import { localStorageTokenStore } from './local-storage-token-store.ts';

afterEach(() => vi.unstubAllGlobals());

const first = { accessToken: 'a1', refreshToken: 'r1' };
const second = { accessToken: 'a2', refreshToken: 'r2' };

/** Storage that all tabs of an origin share. */
function stubStorage() {
  const items = new Map<string, string>();
  const fault = { read: false, write: false, remove: false };
  const failing = (fails: boolean) => {
    if (fails) throw new DOMException('QuotaExceededError');
  };
  vi.stubGlobal('localStorage', {
    getItem(key: string) {
      failing(fault.read);
      return items.get(key) ?? null;
    },
    setItem(key: string, value: string) {
      failing(fault.write);
      items.set(key, value);
    },
    removeItem(key: string) {
      failing(fault.remove);
      items.delete(key);
    },
  });
  return { items, fault };
}

test('stores the session, and only its two strings', () => {
  const { items } = stubStorage();
  const store = localStorageTokenStore();
  expect(store.get()).toBeNull();
  store.set({ ...first, ...{ accessTokenExpiresAt: new Date() } });
  expect(store.get()).toEqual(first);
  expect(JSON.parse(items.get('alice.tokens') ?? '')).toEqual(first);
  store.clear();
  expect(store.get()).toBeNull();
  expect(items.size).toBe(0);
});

test('detects changes by other tabs', () => {
  stubStorage();
  const [here, there] = [localStorageTokenStore(), localStorageTokenStore()];
  here.set(first);
  expect(there.get()).toEqual(first);
  there.set(second);
  expect(here.get()).toEqual(second);
  there.clear();
  expect(here.get()).toBeNull();
});

test('separates sessions by key', () => {
  stubStorage();
  localStorageTokenStore('one').set(first);
  expect(localStorageTokenStore('two').get()).toBeNull();
});

test('keeps the session in memory when storage is full, and removes the used tokens', () => {
  const { items, fault } = stubStorage();
  const store = localStorageTokenStore();
  store.set(first);
  fault.write = true;
  store.set(second);
  expect(store.get()).toEqual(second);
  expect(items.size).toBe(0);
  // Another tab signs in after all: that is newer.
  fault.write = false;
  localStorageTokenStore().set(first);
  expect(store.get()).toEqual(first);
  localStorageTokenStore().clear();
  expect(store.get()).toBeNull();
});

test.each([
  ['throws on every access', () => Object.assign(stubStorage().fault, { read: true, write: true, remove: true })],
  ['is not there', () => vi.stubGlobal('localStorage', undefined)],
])('keeps the session for the lifetime of the page when storage %s', (_, stub) => {
  stub();
  const store = localStorageTokenStore();
  expect(store.get()).toBeNull();
  store.set(first);
  expect(store.get()).toEqual(first);
  store.clear();
  expect(store.get()).toBeNull();
});

test.each(['not json', 'null', '"text"', '{}', '{"accessToken":1,"refreshToken":"r"}'])(
  'treats %s in storage as signed out',
  (value) => {
    stubStorage().items.set('alice.tokens', value);
    expect(localStorageTokenStore().get()).toBeNull();
  },
);
