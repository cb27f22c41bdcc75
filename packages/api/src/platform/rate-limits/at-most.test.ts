import { LRUCache } from 'lru-cache';
import { expect, test } from 'vitest';
import { atMost } from './at-most.ts';

test('a cache of at most three entries forgets the one that was idle longest', () => {
  const forgotten: string[] = [];
  const cache = new LRUCache<string, number>({ ...atMost(3), dispose: (_value, key) => void forgotten.push(key) });
  for (const key of ['a', 'b', 'c']) cache.set(key, 1);
  cache.get('a');
  cache.set('d', 1);
  expect([...cache.keys()]).toEqual(['d', 'a', 'c']);
  expect(forgotten).toEqual(['b']);
});

test('an empty cache takes no memory for its entries to come', () => {
  const before = process.memoryUsage();
  const caches = Array.from({ length: 20 }, () => new LRUCache<string, number>(atMost(1_000_000)));
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  expect(heapUsed + arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(50_000_000);
  expect(caches).toHaveLength(20);
});
