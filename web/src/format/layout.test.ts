import { expect, test } from 'vitest';
import { findText, hexPieces, offset, pieces, wrapText } from './layout';

const lines = (text: string, width: number) => wrapText(text, width, 100).map(({ start, end }) => text.slice(start, end));

test.each<[name: string, text: string, width: number, want: string[]]>([
  ['nothing is one empty line', '', 10, ['']],
  ['a line that fits', 'abc', 3, ['abc']],
  ['between words', 'one two three', 8, ['one two ', 'three']],
  ['inside only what is longer than a line', 'abcdefghij', 4, ['abcd', 'efgh', 'ij']],
  ['after a line feed', 'a\nb', 10, ['a\n', 'b']],
  ['wide characters take two columns', '温度温度', 4, ['温度', '温度']],
  ['an escape is not torn from its word', 'ab\u0000cd', 6, ['ab\u0000', 'cd']],
])('wrapText: %s', (_, text, width, want) => expect(lines(text, width)).toEqual(want));

test('wrapText makes at most so many lines', () => expect(wrapText('a\n'.repeat(50), 10, 7)).toHaveLength(7));

test('pieces mark escapes, what was found and where chunks begin', () => {
  expect(pieces('ab\ncd', { start: 0, end: 5 }, findText('ab\ncd', 'c'), [4])).toEqual([
    { text: 'ab', escape: false, found: false, tick: false },
    { text: '\\n', escape: true, found: false, tick: false },
    { text: 'c', escape: false, found: true, tick: false },
    { text: 'd', escape: false, found: false, tick: true },
  ]);
});

test('hexPieces has a gap after eight bytes', () => {
  const nine = Uint8Array.from({ length: 9 }, (_, i) => i);
  expect(hexPieces(nine, { start: 0, end: 9 }, [], true).map((p) => p.text).join('')).toBe('00 01 02 03 04 05 06 07  08');
});

test('offsets have four digits, beyond 64 KiB eight', () => {
  expect(offset(16)).toBe('0010');
  expect(offset(65536)).toBe('00010000');
});
