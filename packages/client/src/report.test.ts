import { afterEach, expect, test, vi } from 'vitest';
import { callSafely } from './report.ts';

afterEach(() => vi.unstubAllGlobals());

const fault = new Error('of a listener');
const faulty = () => {
  throw fault;
};

test('what a listener throws goes to the runtime’s own report', () => {
  const reported = vi.fn();
  vi.stubGlobal('reportError', reported);
  callSafely(faulty, 1);
  expect(reported).toHaveBeenCalledExactlyOnceWith(fault);
});

test('where there is none, it is thrown where nobody catches it', () => {
  vi.stubGlobal('reportError', undefined);
  const later: (() => void)[] = [];
  vi.stubGlobal('queueMicrotask', (work: () => void) => later.push(work));
  callSafely(faulty, 1);
  expect(later).toHaveLength(1);
  expect(later[0]).toThrow(fault);
});
