import { afterEach, expect, test, vi } from 'vitest';
import { callSafely } from './report.ts';

afterEach(() => vi.unstubAllGlobals());

const fault = new Error('of a listener');
const faulty = () => {
  throw fault;
};

test('an error in a listener is passed to the reportError of the runtime', () => {
  const reported = vi.fn();
  vi.stubGlobal('reportError', reported);
  callSafely(faulty, 1);
  expect(reported).toHaveBeenCalledExactlyOnceWith(fault);
});

test('without reportError it is thrown as an uncaught error', () => {
  vi.stubGlobal('reportError', undefined);
  const later: (() => void)[] = [];
  vi.stubGlobal('queueMicrotask', (work: () => void) => later.push(work));
  callSafely(faulty, 1);
  expect(later).toHaveLength(1);
  expect(later[0]).toThrow(fault);
});
