import fc from 'fast-check';
import { expect, test } from 'vitest';

import { FairQueue, ownWork } from './fair-queue.ts';

test('serves waiting owners in turns, one call each', () => {
  const queue = new FairQueue(4, 2);
  const served: string[] = [];
  const ask = (owner: string) => {
    if (queue.tryEnter(owner)) served.push(owner);
    else queue.wait(owner, () => served.push(owner));
  };
  for (let count = 0; count < 12; count += 1) ask('greedy');
  expect(served).toEqual(['greedy', 'greedy']);
  ask('b');
  ask('c');
  ask('d');
  ask('e');
  expect(served.splice(0)).toEqual(['greedy', 'greedy', 'b', 'c']);
  queue.leave('greedy');
  queue.leave('b');
  queue.leave('greedy');
  queue.leave('c');
  expect(served).toEqual(['greedy', 'd', 'e', 'greedy']);
});

test("leaves one owner half of the slots, and the process's own work all of them", () => {
  const queue = new FairQueue(4, 2);
  expect([1, 2, 3].map(() => queue.tryEnter('a'))).toEqual([true, true, false]);
  expect([1, 2, 3].map(() => queue.tryEnter(ownWork))).toEqual([true, true, false]);
  expect(queue.tryEnter('b')).toBe(false);
});

test('does not serve callers that have stopped waiting', () => {
  const queue = new FairQueue(1, 1);
  queue.tryEnter('a');
  const stop = queue.wait('a', () => expect.unreachable());
  stop();
  queue.leave('a');
  expect(queue.tryEnter('b')).toBe(true);
});

test('uses every slot and none twice, while callers enter, leave and give up', () => {
  const step = fc.record({ what: fc.constantFrom('ask', 'leave', 'stop'), owner: fc.constantFrom('a', 'b', 'c', '') });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new FairQueue(5, 2);
      const running = new Map<string, number>();
      const waiting = new Map<string, (() => void)[]>();
      const add = (owner: string, by: number) => running.set(owner, (running.get(owner) ?? 0) + by);
      for (const { what, owner } of steps) {
        const stops = waiting.get(owner) ?? [];
        waiting.set(owner, stops);
        if (what === 'ask') {
          if (queue.tryEnter(owner)) add(owner, 1);
          else {
            const stop: () => void = queue.wait(owner, () => {
              add(owner, 1);
              stops.splice(stops.indexOf(stop), 1);
            });
            stops.push(stop);
          }
        } else if (what === 'stop') stops.shift()?.();
        else if ((running.get(owner) ?? 0) > 0) {
          add(owner, -1);
          queue.leave(owner);
        }
        const total = [...running.values()].reduce((sum, count) => sum + count, 0);
        expect(total).toBeLessThanOrEqual(5);
        for (const [name, count] of running) {
          const most = name === ownWork ? 5 : 2;
          expect(count).toBeLessThanOrEqual(most);
          // Nobody waits who could be served.
          if (count < most && total < 5) expect(waiting.get(name) ?? []).toEqual([]);
        }
      }
    }),
  );
});
