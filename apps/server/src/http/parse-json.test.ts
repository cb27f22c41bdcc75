import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseJson } from './parse-json.ts';

it.each([
  ['{"title":', 'unexpected end of input'],
  ['', 'unexpected end of input'],
  ['[1, 2', 'unexpected end of input'],
  ['{"title": "a",\n "notes": }', 'error at line 2, column 11'],
  ['{"title": "a",}', 'error at line 1, column 15'],
  ["{'title': 1}", 'error at line 1, column 2'],
  ['{"a": 1} x', 'error at line 1, column 10'],
])('refuses %j and reports the position of the error', (text, place) => {
  expect(() => parseJson(text)).toThrow(`The request body is not valid JSON: ${place}`);
});

it('omits the position when the parser that finds it would recurse too deep', () => {
  expect(() => parseJson(`/*"*/${'['.repeat(1001)}`)).toThrow(/^The request body is not valid JSON$/);
});

it('accepts what JSON.parse accepts, and refuses the rest with our own message', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.json(),
        fc.string(),
        fc.json().map((text) => text.slice(1)),
      ),
      (text) => {
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(() => parseJson(text)).toThrow(
            /^The request body is not valid JSON: (unexpected end of input|error at line \d+, column \d+)$/,
          );
          return;
        }
        expect(parseJson(text)).toEqual(expected);
      },
    ),
  );
});
