import { afterEach, expect, test, vi } from 'vitest';
import { exclusively } from './exclusively.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('work with the same name runs one after the other', async () => {
  const order: string[] = [];
  const work = (name: string) => async () => {
    order.push(`${name} begins`);
    await new Promise((resolve) => setTimeout(resolve, 10));
    order.push(`${name} ends`);
    return name;
  };
  const results = await Promise.all([exclusively('test', work('a')), exclusively('test', work('b'))]);
  expect(results).toEqual(['a', 'b']);
  expect(order).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
});

test('work that fails runs once and rejects with its error', async () => {
  const work = vi.fn(() => Promise.reject(new Error('refused')));
  await expect(exclusively('test', work)).rejects.toThrow('refused');
  expect(work).toHaveBeenCalledTimes(1);
});

test.each([
  ['has no locks', {}],
  ['forbids them', { locks: { request: () => Promise.reject(new DOMException('denied', 'SecurityError')) } }],
])('works in a runtime that %s', async (_, navigator) => {
  vi.stubGlobal('navigator', navigator);
  const work = vi.fn(async () => 'done');
  await expect(exclusively('test', work)).resolves.toBe('done');
  expect(work).toHaveBeenCalledTimes(1);
});

test('another tab that holds the lock does not block this one forever', async () => {
  const release = Promise.withResolvers<void>();
  const held = navigator.locks.request('test', () => release.promise);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const work = vi.fn(async () => 'done');
  const result = exclusively('test', work);
  await vi.advanceTimersByTimeAsync(9_999);
  expect(work).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await expect(result).resolves.toBe('done');
  release.resolve();
  await held;
});
